"""Who used which key is kept, apart from the keys."""

from policy.diagnostics import logged
from policy.rule import Rule, Severity

RULE = Rule(
    title="The access to a key vault is logged",
    severity=Severity.MEDIUM,
    types=("azure-native:keyvault:Vault", "azure:keyvault/keyVault:KeyVault"),
    gdpr=("30", "32"),
    hipaa=("164.312(b)",),
    controls=("keyvault_logging_enabled",),
    remediation="add a diagnostic setting to it",
    link="https://learn.microsoft.com/azure/key-vault/general/logging",
)

check_in_stack = logged
