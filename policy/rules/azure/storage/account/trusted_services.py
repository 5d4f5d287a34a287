"""Azure's own services, which log and encrypt, keep working behind the firewall."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="The firewall of a storage account lets trusted Azure services in",
    severity=Severity.LOW,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("32",),
    hipaa=("164.312(b)",),
    controls=("CKV_AZURE_36", "storage_ensure_azure_services_are_trusted_to_access_is_enabled"),
    remediation="set network_rule_set.bypass to AzureServices, or leave it out",
    link="https://learn.microsoft.com/azure/storage/common/storage-network-security-trusted-azure-services",
)


def check(account: Resource) -> Iterator[str]:
    """Where nothing is said, they are let in."""
    for path in ("networkRuleSet.bypass", "networkRules.bypasses"):
        value = account.get(path, "AzureServices")
        if "AzureServices" not in value:
            yield f"{path} is {value}"
