"""Access logs tell who read what, including what a trail does not see."""

from collections.abc import Iterator

from policy.buckets import settings, takes_access_logs
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket's accesses are logged",
    severity=Severity.MEDIUM,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("25", "30"),
    hipaa=("164.312(b)",),
    controls=("S3.9", "CKV_AWS_18", "CloudTrail.7", "s3_bucket_server_access_logging_enabled"),
    remediation="declare a BucketLogging with a bucket for logs as its target",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-9",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """A bucket that takes access logs must not log: each file would make another."""
    if takes_access_logs(bucket, stack):
        return
    holders = settings(bucket, stack, "bucketLogging:BucketLogging", "logging")
    paths = {bucket.urn: "logging.targetBucket"}
    if not any(holder.has(paths.get(holder.urn, "targetBucket")) for holder in holders):
        yield "it has no BucketLogging"
