"""Macie finds personal data where nobody expected it."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="Macie looks at the account's buckets",
    severity=Severity.LOW,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.308(a)(1)(ii)(D)",),
    controls=("Macie.1",),
    remediation="declare a macie2 Account",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/macie-controls.html#macie-1",
)


def check_in_stack(_: Resource, stack: Stack) -> Iterator[str]:
    """It exists once an account, and costs by the gigabyte: therefore a decision."""
    accounts = stack.of("aws:macie2/account:Account")
    if not any(account.get("status", "ENABLED") == "ENABLED" for account in accounts):
        yield "the stack declares no Macie that is enabled"
