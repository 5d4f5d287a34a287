"""Data that Glue writes hold parts of the table."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Data that Glue writes is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:glue/securityConfiguration:SecurityConfiguration",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_99",),
    remediation="set encryption_configuration.s3Encryption to SSE-KMS with a key",
    link="https://docs.aws.amazon.com/glue/latest/dg/encryption-security-configuration.html",
)

check = equals("encryptionConfiguration.s3Encryption.s3EncryptionMode", "SSE-KMS")
