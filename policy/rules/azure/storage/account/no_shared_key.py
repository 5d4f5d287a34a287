"""Account keys give every right, and to nobody in particular."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": equals("allowSharedKeyAccess", False),
    "azure:storage/account:Account": equals("sharedAccessKeyEnabled", False),
}

RULE = Rule(
    title="A storage account takes no account keys",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("CKV2_AZURE_40", "storage_account_key_access_disabled"),
    remediation="set allow_shared_key_access to false, and use Entra identities",
    link="https://learn.microsoft.com/azure/storage/common/shared-key-authorization-prevent",
)

check = by_type(CHECKS)
