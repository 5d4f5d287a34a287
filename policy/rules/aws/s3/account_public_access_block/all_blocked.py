"""The account's blocks keep buckets private that nobody thought of."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="All public access to an account's buckets is blocked",
    severity=Severity.CRITICAL,
    types=("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("S3.1", "s3_account_level_public_access_blocks"),
    remediation="set all four blocks",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-1",
)

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def check(resource: Resource) -> Iterator[str]:
    """Each is off where it is not set."""
    for name in BLOCKS:
        if resource.get(name) is not True:
            yield f"{name} is not on"
