"""With a key of one's own access to data can be taken away, and its use is recorded."""

from collections.abc import Iterator

from policy.buckets import settings, takes_access_logs
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack
from policy.values import known

RULE = Rule(
    title="An S3 bucket is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("S3.17", "CKV_AWS_19", "CKV_AWS_145", "s3_bucket_kms_encryption"),
    remediation="declare a server-side encryption configuration with aws:kms and a key",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-17",
)

KIND = "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
INLINE = "serverSideEncryptionConfiguration"


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """A bucket that takes access logs can have the service's key only."""
    holders = settings(bucket, stack, KIND, INLINE)
    paths = {bucket.urn: f"{INLINE}.rule"}
    rules = [rule for holder in holders for rule in holder.blocks(paths.get(holder.urn, "rules"))]
    if not rules:
        yield "it has no encryption configuration"
    for rule in rules:
        default = rule.get("applyServerSideEncryptionByDefault") or {}
        default = default[0] if isinstance(default, list) else default
        algorithm = known(default.get("sseAlgorithm"), "sseAlgorithm")
        with_key = default.get("kmsMasterKeyId") not in (None, "")
        if algorithm in ("aws:kms", "aws:kms:dsse") and with_key:
            continue
        if algorithm == "AES256" and takes_access_logs(bucket, stack):
            continue
        yield f"its encryption is {algorithm or 'not set'}{'' if with_key else ' without a key'}"
