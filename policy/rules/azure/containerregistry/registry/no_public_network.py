"""Whoever has no way there cannot try."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": equals("publicNetworkAccess", "Disabled"),
    "azure:containerservice/registry:Registry": equals("publicNetworkAccessEnabled", False),
}

RULE = Rule(
    title="A container registry is not reached from the internet",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_139", "containerregistry_not_publicly_accessible"),
    remediation="set public_network_access to Disabled (tier Premium)",
    link="https://learn.microsoft.com/azure/container-registry/container-registry-private-link",
)

check = by_type(CHECKS)
