"""A key that is rotated bounds how much data one leaked version opens."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

LONGEST = 90 * 24 * 60 * 60

RULE = Rule(
    title="A Cloud KMS key is rotated every 90 days",
    severity=Severity.MEDIUM,
    types=("gcp:kms/cryptoKey:CryptoKey",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_43", "kms_key_rotation_enabled"),
    remediation="set rotation_period to 7776000s or less",
    link="https://cloud.google.com/kms/docs/key-rotation",
)


def check(key: Resource) -> Iterator[str]:
    """Cloud KMS rotates symmetric encryption keys only."""
    if key.get("purpose", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        return
    period = key.get("rotationPeriod")
    if period is None:
        yield "rotationPeriod is not set"
    elif float(period.removesuffix("s")) > LONGEST:
        yield f"rotationPeriod is {period}, above {LONGEST}s"
