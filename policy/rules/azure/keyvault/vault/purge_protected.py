"""Nobody, owners included, can destroy keys before the time is over."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:keyvault:Vault": equals("properties.enablePurgeProtection", True),
    "azure:keyvault/keyVault:KeyVault": equals("purgeProtectionEnabled", True),
}

RULE = Rule(
    title="A key vault is protected from purging",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_AZURE_42", "CKV_AZURE_110", "keyvault_recoverable"),
    remediation="set enable_purge_protection",
    link="https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
)

check = by_type(CHECKS)
