"""Parts of uploads that never ended are kept, and paid for, unseen."""

from collections.abc import Iterator

from policy.buckets import lifecycle_rules
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="Incomplete uploads to an S3 bucket are removed",
    severity=Severity.LOW,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("5(1)(e)",),
    controls=("CKV_AWS_300",),
    remediation="add abort_incomplete_multipart_upload to a lifecycle rule",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """One rule with it is enough."""
    names = ("abortIncompleteMultipartUpload", "abortIncompleteMultipartUploadDays")
    rules = lifecycle_rules(bucket, stack)
    if not any(rule.get(name) for rule in rules for name in names):
        yield "no lifecycle rule removes incomplete uploads"
