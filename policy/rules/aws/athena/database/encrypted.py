"""Query results are copies of the data."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Query results of an Athena database are encrypted",
    severity=Severity.HIGH,
    types=("aws:athena/database:Database",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_77",),
    remediation="set encryption_configuration to SSE_KMS with a key",
    link="https://docs.aws.amazon.com/athena/latest/ug/encrypting-query-results-stored-in-s3.html",
)

check = equals("encryptionConfiguration.encryptionOption", "SSE_KMS", "CSE_KMS")
