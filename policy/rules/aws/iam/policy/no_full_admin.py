"""A policy that allows everything makes every other one void."""

from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy allows everything",
    severity=Severity.CRITICAL,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("IAM.1", "CKV_AWS_62", "CKV_AWS_63", "CKV2_AWS_40"),
    remediation="name actions and resources",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1",
)


def check(resource: Resource) -> Iterator[str]:
    """All actions are too many on any resource."""
    for statement in allowing(resource):
        if "*" in statement.actions or (statement.not_actions and statement.on_everything):
            yield "it allows all actions"
