"""A lock keeps objects from everybody, for a time that nobody can shorten."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="Objects in an S3 bucket are locked",
    severity=Severity.LOW,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)", "164.308(a)(7)"),
    controls=("S3.15", "CKV_AWS_143"),
    remediation="set object_lock_enabled and declare a BucketObjectLockConfiguration",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-15",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """A lock of years and a duty to erase exclude each other: therefore a decision."""
    kind = "bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    if bucket.get("objectLockEnabled") is not True and not settings(
        bucket, stack, kind, "objectLockConfiguration"
    ):
        yield "object lock is not enabled"
