"""A key that is rotated bounds how much data one leaked key opens."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A KMS key is rotated every year",
    severity=Severity.MEDIUM,
    types=("aws:kms/key:Key",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("KMS.4", "CKV_AWS_7", "kms_cmk_rotation_enabled"),
    remediation="set enable_key_rotation",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4",
)


def check(resource: Resource) -> Iterator[str]:
    """Asymmetric and HMAC keys cannot be rotated by KMS."""
    if resource.get("customerMasterKeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        return
    if resource.get("enableKeyRotation") is not True:
        yield "enableKeyRotation is not on"
