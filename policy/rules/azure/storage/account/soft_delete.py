"""What is deleted, by a program's fault or an intruder, can be had again."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

BESIDE = "azure-native:storage:BlobServiceProperties"
FILES = "FileStorage"

RULE = Rule(
    title="Deleted blobs of a storage account can be restored",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV2_AZURE_38", "storage_ensure_soft_delete_is_enabled"),
    remediation="enable delete_retention_policy in BlobServiceProperties",
    link="https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview",
)


def check_in_stack(account: Resource, stack: Stack) -> Iterator[str]:
    """The native provider has the settings of blobs beside the account; file shares have none."""
    if FILES in (account.get("kind"), account.get("accountKind")):
        return
    if account.type == RULE.types[1]:
        if not account.has("blobProperties.deleteRetentionPolicy"):
            yield "it deletes blobs for good"
        return
    found = stack.belonging(account, BESIDE, by="accountName")
    if not any(service.get("deleteRetentionPolicy.enabled") is True for service in found):
        yield "it deletes blobs for good"
