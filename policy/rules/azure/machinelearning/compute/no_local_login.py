"""Nobody logs in to machines that read all of the data."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:machinelearningservices:Compute": equals("properties.disableLocalAuth", True),
    "azure:machinelearning/computeCluster:ComputeCluster": equals("localAuthEnabled", False),
    "azure:machinelearning/computeInstance:ComputeInstance": equals("localAuthEnabled", False),
}

RULE = Rule(
    title="A compute of Azure ML has no local logins",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(d)",),
    controls=("CKV_AZURE_142",),
    remediation="set disable_local_auth",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-create-attach-compute-cluster",
)

check = by_type(CHECKS)
