"""What a key encrypted is lost with it: a mistake must be noticed in time."""

from collections.abc import Iterator

from policy.kms_keys import KEYS
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A KMS key is deleted after 30 days of waiting",
    severity=Severity.MEDIUM,
    types=KEYS,
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("KMS.3",),
    remediation="leave deletion_window_in_days at 30",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-3",
)


def check(resource: Resource) -> Iterator[str]:
    """The cloud waits 30 days where nothing is said."""
    days = resource.get("deletionWindowInDays", 30)
    if days < 30:
        yield f"deletionWindowInDays is {days}"
