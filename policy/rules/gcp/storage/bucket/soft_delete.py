"""Whoever may delete, versions included, cannot destroy at once."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

WEEK = 7 * 24 * 60 * 60

RULE = Rule(
    title="A Cloud Storage bucket keeps deleted objects for a week",
    severity=Severity.MEDIUM,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("cloudstorage_bucket_soft_delete_enabled",),
    remediation="set retention_duration_seconds of soft_delete_policy to 604800 or more",
    link="https://cloud.google.com/storage/docs/soft-delete",
)


def check(bucket: Resource) -> Iterator[str]:
    """Without the setting, Cloud Storage keeps them for seven days."""
    seconds = bucket.get("softDeletePolicy.retentionDurationSeconds", WEEK)
    if int(seconds) < WEEK:
        yield f"softDeletePolicy.retentionDurationSeconds is {seconds}, below {WEEK}"
