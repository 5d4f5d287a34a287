"""A bucket that logs to itself fills itself: each file of the log is an access."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack, names

RULE = Rule(
    title="An S3 bucket does not log to itself",
    severity=Severity.MEDIUM,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(b)",),
    controls=("S3.9",),
    remediation="log to another bucket",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """No logging is another rule's matter."""
    holders = settings(bucket, stack, "bucketLogging:BucketLogging", "logging")
    paths = {bucket.urn: "logging.targetBucket"}
    for holder in holders:
        if names(holder, paths.get(holder.urn, "targetBucket"), bucket):
            yield f"{holder.name} logs it to itself"
