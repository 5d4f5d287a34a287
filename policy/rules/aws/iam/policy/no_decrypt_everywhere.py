"""Who may decrypt with all keys may read all data of the account."""

from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy decrypts with all keys",
    severity=Severity.HIGH,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("KMS.1", "KMS.2"),
    remediation="name the resources, or add a condition",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-1",
)

ACTIONS = (
    "kms:Decrypt",
    "kms:ReEncryptFrom",
)


def check(resource: Resource) -> Iterator[str]:
    """On named keys, or under a condition such as kms:ViaService, it is meant."""
    for statement in allowing(resource):
        granted = [action for action in ACTIONS if statement.grants(action)]
        if granted and statement.on_everything and not statement.conditions:
            yield f"it allows {', '.join(granted)} on everything"
