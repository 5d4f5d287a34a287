"""A machine without an address on the internet is not reached from there."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:machinelearningservices:Compute": equals(
        "properties.properties.enableNodePublicIp", False
    ),
    "azure:machinelearning/computeCluster:ComputeCluster": equals("nodePublicIpEnabled", False),
    "azure:machinelearning/computeInstance:ComputeInstance": equals("nodePublicIpEnabled", False),
}

RULE = Rule(
    title="The machines of Azure ML have no public addresses",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    remediation="set enable_node_public_ip to false, in a managed network or a subnet",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-secure-training-vnet",
)

check = by_type(CHECKS)
