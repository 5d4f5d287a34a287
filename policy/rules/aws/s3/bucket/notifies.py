"""Events let other systems react to each new or deleted object."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket tells of its events",
    severity=Severity.LOW,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("S3.11", "CKV2_AWS_62"),
    remediation="declare a BucketNotification",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-11",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """Somebody must want to know: therefore a decision."""
    if not settings(bucket, stack, "bucketNotification:BucketNotification"):
        yield "it has no BucketNotification"
