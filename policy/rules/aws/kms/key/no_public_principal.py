"""A key that anybody may use protects nothing."""

from collections.abc import Iterator

from policy.documents import of_resource
from policy.kms_keys import KEYS
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A KMS key's policy allows nothing to anybody",
    severity=Severity.CRITICAL,
    types=(*KEYS, "aws:kms/keyPolicy:KeyPolicy"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("KMS.5", "CKV_AWS_33"),
    remediation="name the principals, or bind * to accounts by a condition",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-5",
)


def check(resource: Resource) -> Iterator[str]:
    """A condition on the caller's account narrows * down; no policy is the next rule's matter."""
    for statement in of_resource(resource):
        narrowed = statement.asks_for(
            "kms:CallerAccount", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:SourceAccount"
        )
        if statement.allows and statement.for_anybody and not narrowed:
            yield "its policy allows principal *"
