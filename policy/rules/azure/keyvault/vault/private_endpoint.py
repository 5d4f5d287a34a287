"""Traffic stays in the network."""

from policy.private_endpoints import has_private_endpoint
from policy.rule import Rule, Severity

RULE = Rule(
    title="A key vault has a private endpoint",
    severity=Severity.MEDIUM,
    types=("azure-native:keyvault:Vault", "azure:keyvault/keyVault:KeyVault"),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV2_AZURE_32", "keyvault_private_endpoints"),
    remediation="add a private endpoint to it",
    link="https://learn.microsoft.com/azure/key-vault/general/private-link-service",
)

check_in_stack = has_private_endpoint("vault")
