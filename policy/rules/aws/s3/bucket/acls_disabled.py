"""With ACLs off, policies alone tell who may do what."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="ACLs of an S3 bucket are disabled",
    severity=Severity.MEDIUM,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("S3.12", "s3_bucket_acl_prohibited"),
    remediation="declare BucketOwnershipControls with BucketOwnerEnforced",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-12",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """The cloud disables them for new buckets; said here, it stays so for adopted ones."""
    controls = settings(bucket, stack, "bucketOwnershipControls:BucketOwnershipControls")
    if not any(
        control.get("rule.objectOwnership") == "BucketOwnerEnforced" for control in controls
    ):
        yield "it has no BucketOwnershipControls with BucketOwnerEnforced"
