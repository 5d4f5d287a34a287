"""Whoever has no way there cannot try."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:machinelearningservices:Workspace": equals("publicNetworkAccess", "Disabled"),
    "azure:machinelearning/workspace:Workspace": equals("publicNetworkAccessEnabled", False),
}

RULE = Rule(
    title="An ML workspace is not reached from the internet",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_144", "CKV2_AZURE_49"),
    remediation="set public_network_access to Disabled",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-configure-private-link",
)

check = by_type(CHECKS)
