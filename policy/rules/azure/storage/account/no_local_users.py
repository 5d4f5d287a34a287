"""Local users have passwords that no directory knows of."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": equals("isLocalUserEnabled", False),
    "azure:storage/account:Account": equals("localUserEnabled", False),
}

RULE = Rule(
    title="A storage account has no local users",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("CKV_AZURE_244",),
    remediation="set is_local_user_enabled to false",
    link="https://learn.microsoft.com/azure/storage/blobs/secure-file-transfer-protocol-support",
)

check = by_type(CHECKS)
