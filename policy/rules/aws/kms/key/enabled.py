"""A key that is switched off makes all that it encrypted unreadable."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="A KMS key is enabled",
    severity=Severity.MEDIUM,
    types=("aws:kms/key:Key",),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_AWS_227",),
    remediation="leave is_enabled on, or remove the key",
    link="https://docs.aws.amazon.com/kms/latest/developerguide/enabling-keys.html",
)

check = differs("isEnabled", False)
