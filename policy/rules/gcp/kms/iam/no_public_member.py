"""Whoever may use a key reads what it encrypts."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on a Cloud KMS key or key ring lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("kms/cryptoKeyIAM", "kms/keyRingIAM"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(a)(2)(iv)"),
    controls=("CKV_GCP_112", "CKV2_GCP_6", "CKV2_GCP_8", "kms_key_not_publicly_accessible"),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/kms/docs/iam",
)

check = nobody_from_outside()
