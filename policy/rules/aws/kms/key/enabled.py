"""A key that is switched off makes all that it encrypted unreadable."""

from policy.checks import by_type, differs
from policy.kms_keys import KEYS
from policy.rule import Rule, Severity

RULE = Rule(
    title="A KMS key is enabled",
    severity=Severity.MEDIUM,
    types=KEYS,
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_AWS_227",),
    remediation="leave is_enabled on, or remove the key",
    link="https://docs.aws.amazon.com/kms/latest/developerguide/enabling-keys.html",
)

check = by_type({key: differs("isEnabled" if key == KEYS[0] else "enabled", False) for key in KEYS})
