"""A secret that changes is of use to a thief for a while only."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="A secret is rotated",
    severity=Severity.MEDIUM,
    types=("aws:secretsmanager/secret:Secret",),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("SecretsManager.1", "CKV2_AWS_57"),
    remediation="declare a SecretRotation",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-1",
)


def check_in_stack(secret: Resource, stack: Stack) -> Iterator[str]:
    """Rotation is a resource of its own."""
    kind = "aws:secretsmanager/secretRotation:SecretRotation"
    if not stack.belonging(secret, kind, by="secretId"):
        yield "it has no SecretRotation"
