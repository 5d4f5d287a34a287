"""Whoever has no way there cannot try."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:keyvault:Vault": equals("properties.publicNetworkAccess", "Disabled", "disabled"),
    "azure:keyvault/keyVault:KeyVault": equals("publicNetworkAccessEnabled", False),
}

RULE = Rule(
    title="A key vault is not reached from the internet",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_189", "keyvault_access_only_through_private_endpoints"),
    remediation="set public_network_access to Disabled, and add a private endpoint",
    link="https://learn.microsoft.com/azure/key-vault/general/network-security",
)

check = by_type(CHECKS)
