"""What is overwritten or deleted, by a program's fault or an intruder, can be had again."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Cloud Storage bucket keeps old versions, or lets nothing be changed",
    severity=Severity.MEDIUM,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)", "164.308(a)(7)"),
    controls=("CKV_GCP_78", "cloudstorage_bucket_versioning_enabled"),
    remediation="set versioning.enabled, or a retention policy",
    link="https://cloud.google.com/storage/docs/object-versioning",
)


def check(bucket: Resource) -> Iterator[str]:
    """A retention policy excludes versions: nothing is overwritten before its time."""
    if bucket.has("retentionPolicy.retentionPeriod"):
        return
    if bucket.get("versioning.enabled") is not True:
        yield "versioning.enabled is not on, and there is no retention policy"
