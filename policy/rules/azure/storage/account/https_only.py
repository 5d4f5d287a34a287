"""Requests without TLS are refused."""

from policy.checks import by_type, differs
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": differs("enableHttpsTrafficOnly", False),
    "azure:storage/account:Account": differs("httpsTrafficOnlyEnabled", False),
}

RULE = Rule(
    title="A storage account is reached over HTTPS only",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    controls=("CKV_AZURE_3", "storage_secure_transfer_required_is_enabled"),
    remediation="leave enable_https_traffic_only on",
    link="https://learn.microsoft.com/azure/storage/common/storage-require-secure-transfer",
)

check = by_type(CHECKS)
