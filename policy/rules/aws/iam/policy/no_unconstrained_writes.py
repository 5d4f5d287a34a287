"""Writes to everything reach what belongs to others."""

import re
from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy writes everywhere",
    severity=Severity.MEDIUM,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_290", "CKV_AWS_355"),
    remediation="name the resources, or add a condition",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
)

WRITES = re.compile(
    r"(?i):(?:put|delete|create|update|modify|attach|detach|terminate|stop|start|write|upload)"
)
# These take no resource, or create what has no name yet:
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
UNBOUND = re.compile(
    r"(?i)^(?:cloudwatch:PutMetricData|ec2:(?:Create|Delete)NetworkInterface(?:Permission)?"
    r"|ec2:CreateTags|logs:CreateLogGroup|logs:(?:Create|Delete|Update)LogDelivery"
    r"|logs:PutResourcePolicy|xray:Put.*)$"
)


def check(resource: Resource) -> Iterator[str]:
    """On named resources, or under a condition, it is meant."""
    for statement in allowing(resource):
        wide = [
            name for name in statement.actions if WRITES.search(name) and not UNBOUND.match(name)
        ]
        if wide and statement.on_everything and not statement.conditions:
            yield f"it allows {', '.join(wide)} on everything"
