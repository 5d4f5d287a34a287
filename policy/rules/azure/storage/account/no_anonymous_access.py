"""No container can be opened to everybody, by mistake or not."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": equals("allowBlobPublicAccess", False),
    "azure:storage/account:Account": equals("allowNestedItemsToBePublic", False),
}

RULE = Rule(
    title="No blob of a storage account can be made public",
    severity=Severity.CRITICAL,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AZURE_190", "CKV2_AZURE_47", "storage_blob_public_access_level_is_disabled"),
    remediation="set allow_blob_public_access to false",
    link="https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-prevent",
)

check = by_type(CHECKS)
