"""With a second factor stolen credentials cannot delete versions for good."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="Deleting versions of objects needs a second factor",
    severity=Severity.LOW,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)", "164.312(d)"),
    controls=("S3.20", "s3_bucket_no_mfa_delete"),
    remediation="set mfa_delete as the root user, with its device",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-20",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """Only the root user can switch it on."""
    holders = settings(bucket, stack, "bucketVersioning:BucketVersioning", "versioning")
    states = [
        holder.get("versioning.mfaDelete")
        if holder is bucket
        else holder.get("versioningConfiguration.mfaDelete") == "Enabled"
        for holder in holders
    ]
    if True not in states:
        yield "MFA delete is not enabled"
