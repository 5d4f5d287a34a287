"""Requests stay off the internet."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="An online endpoint is not reached from the internet",
    severity=Severity.MEDIUM,
    types=("azure-native:machinelearningservices:OnlineEndpoint",),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    remediation="set public_network_access to Disabled",
    link="https://learn.microsoft.com/azure/machine-learning/concept-secure-online-endpoint",
)

check = equals("properties.publicNetworkAccess", "Disabled")
