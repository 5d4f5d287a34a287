"""Its material never leaves a certified device."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Cloud KMS key is kept in an HSM",
    severity=Severity.LOW,
    types=("gcp:kms/cryptoKey:CryptoKey",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    remediation="set version_template.protection_level to HSM",
    link="https://cloud.google.com/kms/docs/hsm",
)

check = equals(
    "versionTemplate.protectionLevel", "HSM", "HSM_SINGLE_TENANT", "EXTERNAL", "EXTERNAL_VPC"
)
