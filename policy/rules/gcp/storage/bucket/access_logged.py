"""Who read what, kept where the reader cannot change it."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

PATH = "logging.logBucket"

RULE = Rule(
    title="A Cloud Storage bucket logs access to another one",
    severity=Severity.MEDIUM,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("25", "30"),
    hipaa=("164.312(b)",),
    controls=("CKV_GCP_62", "CKV_GCP_63"),
    remediation="set logging.log_bucket to a bucket for logs",
    link="https://cloud.google.com/storage/docs/access-logs",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """A bucket that takes the others' logs cannot log itself: each log would make another."""
    if bucket in stack.named(bucket, PATH, *RULE.types):
        yield "it logs to itself"
    elif not bucket.has(PATH) and not _takes_logs(bucket, stack):
        yield f"{PATH} is not set"


def _takes_logs(bucket: Resource, stack: Stack) -> bool:
    """Whether other buckets, or a sink of the project, deliver logs to it."""
    return bool(
        stack.belonging(bucket, bucket.type, by=PATH)
        or stack.belonging(bucket, "gcp:logging/projectSink:ProjectSink", by="destination")
    )
