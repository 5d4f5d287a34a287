"""A copy in another region survives the loss of one."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket is replicated",
    severity=Severity.LOW,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("S3.7", "CKV_AWS_144"),
    remediation="declare a BucketReplicationConfig",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-7",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """The copy must be in an allowed region, too: therefore a decision."""
    if not settings(
        bucket, stack, "bucketReplicationConfig:BucketReplicationConfig", "replicationConfiguration"
    ):
        yield "it is not replicated"
