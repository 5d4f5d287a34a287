"""A signature in a link is a key that travels."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Signatures of a storage account expire",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("CKV2_AZURE_41",),
    remediation="set sas_policy, or switch account keys off",
    link="https://learn.microsoft.com/azure/storage/common/sas-expiration-policy",
)


def check(account: Resource) -> Iterator[str]:
    """Without account keys, only signatures of Entra identities are left: they end within days."""
    names = ("allowSharedKeyAccess", "sharedAccessKeyEnabled")
    if any(account.get(name) is False for name in names):
        return
    periods = ("sasPolicy.sasExpirationPeriod", "sasPolicy.expirationPeriod")
    if not any(account.has(path) for path in periods):
        yield "it takes account keys, and sasPolicy has no period"
