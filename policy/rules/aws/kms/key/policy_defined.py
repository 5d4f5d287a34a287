"""Without a policy of its own a key is open to whomever IAM lets in."""

from collections.abc import Iterator

from policy.kms_keys import KEYS
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="A KMS key has a policy of its own",
    severity=Severity.MEDIUM,
    types=KEYS,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV2_AWS_64",),
    remediation="set policy, or declare a KeyPolicy",
    link="https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html",
)


def check_in_stack(key: Resource, stack: Stack) -> Iterator[str]:
    """The policy stands in the key or beside it."""
    beside = stack.belonging(key, "aws:kms/keyPolicy:KeyPolicy", by="keyId")
    if not key.has("policy") and not beside:
        yield "policy is not set"
