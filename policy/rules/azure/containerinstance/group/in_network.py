"""A group in a subnet is reached from the network only."""

from policy.checks import by_type, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerinstance:ContainerGroup": present(
        "subnetIds", "it is outside of every network"
    ),
    "azure:containerservice/group:Group": present("subnetIds", "it is outside of every network"),
}

RULE = Rule(
    title="A container group is in a virtual network",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_98",),
    remediation="set subnet_ids",
    link="https://learn.microsoft.com/azure/container-instances/container-instances-vnet",
)

check = by_type(CHECKS)
