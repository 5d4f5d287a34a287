"""A container that everybody may read is published."""

from policy.checks import by_type, differs
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:BlobContainer": differs("publicAccess", "Blob", "Container"),
    "azure:storage/container:Container": differs("containerAccessType", "blob", "container"),
}

RULE = Rule(
    title="A blob container is private",
    severity=Severity.CRITICAL,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AZURE_34", "storage_blob_public_access_level_is_disabled"),
    remediation="set public_access to None, or leave it out",
    link="https://learn.microsoft.com/azure/storage/blobs/anonymous-read-access-configure",
)

check = by_type(CHECKS)
