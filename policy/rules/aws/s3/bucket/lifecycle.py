"""What no rule ends is kept for ever."""

from collections.abc import Iterator

from policy.buckets import lifecycle_rules
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket has a lifecycle",
    severity=Severity.MEDIUM,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("5(1)(e)", "25"),
    controls=("S3.13", "S3.10", "CKV2_AWS_61"),
    remediation="declare a BucketLifecycleConfiguration with an enabled rule",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-13",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """Only rules that are switched on count."""
    if not any(True for _ in lifecycle_rules(bucket, stack)):
        yield "it has no lifecycle rule that is enabled"
