"""Reading everything is what a thief of credentials wants to do."""

from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy reads data or secrets everywhere",
    severity=Severity.HIGH,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_288",),
    remediation="name the resources, or add a condition",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
)

ACTIONS = (
    "s3:GetObject",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "secretsmanager:GetSecretValue",
    "dynamodb:Scan",
    "athena:GetQueryResults",
)


def check(resource: Resource) -> Iterator[str]:
    """On named resources, or under a condition, it is meant."""
    for statement in allowing(resource):
        granted = [action for action in ACTIONS if statement.grants(action)]
        if granted and statement.on_everything and not statement.conditions:
            yield f"it allows {', '.join(granted)} on everything"
