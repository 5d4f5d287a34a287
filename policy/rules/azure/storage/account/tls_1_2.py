"""Older versions of TLS can be broken."""

from policy.checks import by_type, differs, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": equals("minimumTlsVersion", "TLS1_2", "TLS1_3"),
    "azure:storage/account:Account": differs("minTlsVersion", "TLS1_0", "TLS1_1"),
}

RULE = Rule(
    title="A storage account wants TLS 1.2 or newer",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    controls=("CKV_AZURE_44", "storage_ensure_minimum_tls_version_12"),
    remediation="set minimum_tls_version to TLS1_2",
    link="https://learn.microsoft.com/azure/storage/common/transport-layer-security-configure-minimum-version",
)

check = by_type(CHECKS)
