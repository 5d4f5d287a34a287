"""What is overwritten can be had again."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

BESIDE = "azure-native:storage:BlobServiceProperties"
FILES = "FileStorage"

RULE = Rule(
    title="A storage account keeps old versions of blobs",
    severity=Severity.MEDIUM,
    types=("azure-native:storage:StorageAccount", "azure:storage/account:Account"),
    gdpr=("32",),
    hipaa=("164.312(c)(1)", "164.308(a)(7)"),
    controls=("storage_blob_versioning_is_enabled",),
    remediation="set is_versioning_enabled in BlobServiceProperties",
    link="https://learn.microsoft.com/azure/storage/blobs/versioning-overview",
)


def check_in_stack(account: Resource, stack: Stack) -> Iterator[str]:
    """The native provider has the settings of blobs beside the account; file shares have none."""
    if FILES in (account.get("kind"), account.get("accountKind")):
        return
    if account.type == RULE.types[1]:
        if account.get("blobProperties.versioningEnabled") is not True:
            yield "it keeps no old versions"
        return
    found = stack.belonging(account, BESIDE, by="accountName")
    if not any(service.get("isVersioningEnabled") is True for service in found):
        yield "it keeps no old versions"
