"""An access point is a second door to the same bucket."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="All public access to an access point is blocked",
    severity=Severity.CRITICAL,
    types=("aws:s3/accessPoint:AccessPoint",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("S3.19", "CKV_AWS_392"),
    remediation="set all four blocks of public_access_block_configuration",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-19",
)

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def check(resource: Resource) -> Iterator[str]:
    """All four are on where nothing is said."""
    for name in BLOCKS:
        if resource.get(f"publicAccessBlockConfiguration.{name}", True) is not True:
            yield f"publicAccessBlockConfiguration.{name} is off"
