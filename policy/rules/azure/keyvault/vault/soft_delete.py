"""Without its key, data is lost; a deleted one can be had again."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="What is deleted in a key vault can be restored",
    severity=Severity.HIGH,
    types=("azure-native:keyvault:Vault",),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_AZURE_42", "CKV_AZURE_111", "keyvault_recoverable"),
    remediation="leave enable_soft_delete on",
    link="https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
)

check = differs("properties.enableSoftDelete", False)
