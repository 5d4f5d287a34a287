"""With all actions of a service come those that nobody thought of."""

from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy allows all actions of a service",
    severity=Severity.HIGH,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("IAM.21",),
    remediation="name the actions",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-21",
)


def check(resource: Resource) -> Iterator[str]:
    """On one named resource they may be meant; on everything they are not."""
    for statement in allowing(resource):
        wide = [name for name in statement.actions if name.endswith(":*")]
        if wide and statement.on_everything:
            yield f"it allows {', '.join(wide)} on everything"
