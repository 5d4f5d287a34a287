"""Without its key, data is lost; the window is the time to notice."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

SHORTEST = 30 * 24 * 60 * 60

RULE = Rule(
    title="The destruction of a Cloud KMS key can be called off for 30 days",
    severity=Severity.MEDIUM,
    types=("gcp:kms/cryptoKey:CryptoKey",),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_GCP_82",),
    remediation="set destroy_scheduled_duration to 2592000s or more, or leave it out",
    link="https://cloud.google.com/kms/docs/destroy-restore",
)


def check(key: Resource) -> Iterator[str]:
    """Without the setting, Cloud KMS waits 30 days."""
    duration = key.get("destroyScheduledDuration", f"{SHORTEST}s")
    if float(duration.removesuffix("s")) < SHORTEST:
        yield f"destroyScheduledDuration is {duration}, below {SHORTEST}s"
