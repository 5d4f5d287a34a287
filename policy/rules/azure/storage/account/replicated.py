"""A copy in another region outlives the loss of one."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

KINDS = ("GRS", "GZRS", "RAGRS", "RAGZRS")
CHECKS = {
    "azure-native:storage:StorageAccount": equals(
        "sku.name", *(f"Standard_{kind}" for kind in KINDS)
    ),
    "azure:storage/account:Account": equals("accountReplicationType", *KINDS),
}

RULE = Rule(
    title="A storage account is replicated to another region",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_AZURE_206", "storage_geo_redundant_enabled"),
    remediation="take a sku that ends in GRS or GZRS",
    link="https://learn.microsoft.com/azure/storage/common/storage-redundancy",
)

check = by_type(CHECKS)
