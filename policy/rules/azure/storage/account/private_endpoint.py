"""Traffic stays in the network."""

from policy.private_endpoints import has_private_endpoint
from policy.rule import Rule, Severity

RULE = Rule(
    title="A storage account has a private endpoint",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV2_AZURE_33", "storage_ensure_private_endpoints_in_storage_accounts"),
    remediation="add a private endpoint to it",
    link="https://learn.microsoft.com/azure/storage/common/storage-private-endpoints",
)

check_in_stack = has_private_endpoint("blob", "dfs")
