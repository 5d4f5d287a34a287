"""Replication to another organisation is a way out for data."""

from policy.checks import by_type, differs, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:storage:StorageAccount": equals("allowCrossTenantReplication", False),
    "azure:storage/account:Account": differs("crossTenantReplicationEnabled", True),
}

RULE = Rule(
    title="A storage account replicates to no other tenant",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("storage_cross_tenant_replication_disabled",),
    remediation="set allow_cross_tenant_replication to false",
    link="https://learn.microsoft.com/azure/storage/blobs/object-replication-prevent-cross-tenant-policies",
)

check = by_type(CHECKS)
