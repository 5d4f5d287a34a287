"""Logs hold personal data, too: they are kept as long as they serve, and no longer."""

from collections.abc import Iterator

from policy.holders import LOGS, days
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Logs are deleted after the longest time that is allowed",
    severity=Severity.LOW,
    types=LOGS,
    gdpr=("5(1)(e)",),
    controls=("CKV_AWS_66",),
    remediation="set a retention within trimaran:policy.retention.logs_days",
    link="https://gdpr-info.eu/art-5-gdpr/",
)


def check(resource: Resource) -> Iterator[str]:
    """No retention, or 0, is for ever in CloudWatch; the other clouds have a short default."""
    name = "retentionDays" if resource.cloud == "gcp" else "retentionInDays"
    kept = days(resource.get(name))
    limit = resource.facts.policy.retention.logs_days
    if resource.cloud == "aws" and not kept:
        yield f"{name} is not set: its events are kept for ever"
    elif kept and kept > limit:
        yield f"{name} is {kept}; {limit} are allowed"
