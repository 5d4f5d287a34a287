"""Glue's logs hold parts of the table."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Glue's logs are encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=("aws:glue/securityConfiguration:SecurityConfiguration",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_99",),
    remediation="set encryption_configuration.cloudwatchEncryption to SSE-KMS with a key",
    link="https://docs.aws.amazon.com/glue/latest/dg/encryption-security-configuration.html",
)

check = equals("encryptionConfiguration.cloudwatchEncryption.cloudwatchEncryptionMode", "SSE-KMS")
