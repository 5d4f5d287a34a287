"""A firewall can name this registry alone, not all of Azure's storage."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": equals("dataEndpointEnabled", True),
    "azure:containerservice/registry:Registry": equals("dataEndpointEnabled", True),
}

RULE = Rule(
    title="A container registry has data endpoints of its own",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_237",),
    remediation="set data_endpoint_enabled (tier Premium)",
    link="https://learn.microsoft.com/azure/container-registry/container-registry-dedicated-data-endpoints",
)

check = by_type(CHECKS)
