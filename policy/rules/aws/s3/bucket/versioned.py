"""Versions bring back what was overwritten or deleted by mistake or by an attacker."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket is versioned",
    severity=Severity.MEDIUM,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)", "164.308(a)(7)"),
    controls=("S3.14", "CKV_AWS_21", "s3_bucket_object_versioning"),
    remediation="declare a BucketVersioning with status Enabled",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-14",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """Versioning stands in the bucket or beside it."""
    holders = settings(bucket, stack, "bucketVersioning:BucketVersioning", "versioning")
    states = [
        holder.get("versioning.enabled")
        if holder is bucket
        else holder.get("versioningConfiguration.status") == "Enabled"
        for holder in holders
    ]
    if True not in states:
        yield "versioning is not enabled"
