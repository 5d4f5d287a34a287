"""An object can be encrypted worse than its bucket wants it."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="An S3 object is not encrypted with the service's own key",
    severity=Severity.MEDIUM,
    types=("aws:s3/bucketObject:BucketObject",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("S3.17", "CKV_AWS_186"),
    remediation="leave server_side_encryption to the bucket, or set it to aws:kms",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-17",
)

check = differs("serverSideEncryption", "AES256")
