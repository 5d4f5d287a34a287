"""Traffic stays in the network."""

from policy.private_endpoints import has_private_endpoint
from policy.rule import Rule, Severity

RULE = Rule(
    title="An ML workspace has a private endpoint",
    severity=Severity.MEDIUM,
    types=(
        "azure-native:machinelearningservices:Workspace",
        "azure:machinelearning/workspace:Workspace",
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_243",),
    remediation="add a private endpoint to it",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-configure-private-link",
)

check_in_stack = has_private_endpoint("amlworkspace")
