"""The loss of one data centre does not stop deployments."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": equals("zoneRedundancy", "Enabled"),
    "azure:containerservice/registry:Registry": equals("zoneRedundancyEnabled", True),
}

RULE = Rule(
    title="A container registry is in several zones",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_AZURE_233",),
    remediation="set zone_redundancy (tier Premium)",
    link="https://learn.microsoft.com/azure/container-registry/zone-redundancy",
)

check = by_type(CHECKS)
