"""What no rule names stays out."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:keyvault:Vault": equals("properties.networkAcls.defaultAction", "Deny"),
    "azure:keyvault/keyVault:KeyVault": equals("networkAcls.defaultAction", "Deny"),
}

RULE = Rule(
    title="The firewall of a key vault refuses what no rule names",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_109",),
    remediation="set network_acls.default_action to Deny",
    link="https://learn.microsoft.com/azure/key-vault/general/network-security",
)

check = by_type(CHECKS)
