"""S3 buckets and what is declared for them, in the bucket itself or beside it."""

from collections.abc import Iterator
from typing import Any, Final

from policy.resource import Resource
from policy.stack import Stack
from policy.values import known

BUCKET: Final = "aws:s3/bucket:Bucket"
LOGGING: Final = "aws:s3/bucketLogging:BucketLogging"
POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"


def settings(
    bucket: Resource, stack: Stack, kind: str, inline: str | None = None
) -> list[Resource]:
    """The resources of a kind that belong to a bucket; the bucket itself where it has them inline.

    kind:   a type below `aws:s3/`, such as `bucketVersioning:BucketVersioning`.
    inline: the bucket's own property for the same.
    """
    own = [bucket] if inline and bucket.has(inline) else []
    return own + stack.belonging(bucket, f"aws:s3/{kind}", by="bucket")


def takes_access_logs(bucket: Resource, stack: Stack) -> bool:
    """Whether other buckets log to it.

    Such a bucket takes SSE-S3 only and must not log itself:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    others = (other for other in stack.of(BUCKET, LOGGING) if other.urn != bucket.urn)
    for other in others:
        path = "targetBucket" if other.type == LOGGING else "logging.targetBucket"
        if bucket in stack.named(other, path, BUCKET):
            return True
    return False


def lifecycle_rules(bucket: Resource, stack: Stack) -> Iterator[dict[str, Any]]:
    """Its lifecycle rules that are in force, in either spelling."""
    for rule in bucket.blocks("lifecycleRules"):
        if known(rule.get("enabled"), "lifecycleRules.enabled") is True:
            yield rule
    kind = "bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    for configuration in settings(bucket, stack, kind):
        for rule in configuration.blocks("rules"):
            if known(rule.get("status"), "rules.status") == "Enabled":
                yield rule
