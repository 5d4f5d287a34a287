"""Two keys, two algorithms: one that is broken is not enough."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": equals(
        "encryption.requireInfrastructureEncryption", True
    ),
    "azure:storage/account:Account": equals("infrastructureEncryptionEnabled", True),
}

RULE = Rule(
    title="A storage account is encrypted twice",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("storage_infrastructure_encryption_is_enabled",),
    remediation="set encryption.require_infrastructure_encryption when the account is made",
    link="https://learn.microsoft.com/azure/storage/common/infrastructure-encryption-enable",
)

check = by_type(CHECKS)
