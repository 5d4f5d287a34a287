"""Whoever has no way there cannot try."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": equals(
        "publicNetworkAccess", "Disabled", "SecuredByPerimeter"
    ),
    "azure:storage/account:Account": equals("publicNetworkAccessEnabled", False),
}

RULE = Rule(
    title="A storage account is not reached from the internet",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_59", "storage_account_public_network_access_disabled"),
    remediation="set public_network_access to Disabled, and add private endpoints",
    link="https://learn.microsoft.com/azure/storage/common/storage-network-security",
)

check = by_type(CHECKS)
