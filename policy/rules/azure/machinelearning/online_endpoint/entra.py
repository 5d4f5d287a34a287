"""Clients show who they are, not what they know."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Clients of an online endpoint show an Entra identity",
    severity=Severity.MEDIUM,
    types=("azure-native:machinelearningservices:OnlineEndpoint",),
    gdpr=("25", "32"),
    hipaa=("164.312(d)",),
    remediation="set auth_mode to AADToken",
    link="https://learn.microsoft.com/azure/machine-learning/concept-endpoints-online-auth",
)

check = equals("properties.authMode", "AADToken")
