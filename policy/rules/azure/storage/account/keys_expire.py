"""A key that leaked unseen is worth something for a bounded time."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

LONGEST = 90

RULE = Rule(
    title="Account keys of a storage account are due for rotation every 90 days",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("storage_key_rotation_90_days",),
    remediation="set key_policy.key_expiration_period_in_days to 90, or switch account keys off",
    link="https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage",
)


def check(account: Resource) -> Iterator[str]:
    """Without account keys there is nothing to rotate."""
    names = ("allowSharedKeyAccess", "sharedAccessKeyEnabled")
    if any(account.get(name) is False for name in names):
        return
    days = account.get("keyPolicy.keyExpirationPeriodInDays")
    if days is None or days > LONGEST:
        yield f"it takes account keys, due after {days or 'no number of'} days"
