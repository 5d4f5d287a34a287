"""Who read what is kept, apart from the data."""

from policy.diagnostics import logged
from policy.rule import Rule, Severity

RULE = Rule(
    title="The access to a storage account is logged",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("30", "32"),
    hipaa=("164.312(b)",),
    controls=("CKV2_AZURE_20", "CKV2_AZURE_21", "CKV_AZURE_33"),
    remediation="add a diagnostic setting to its blob service",
    link="https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage",
)

check_in_stack = logged
