"""A login port on the internet is found within minutes."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A compute of Azure ML has no login port on the internet",
    severity=Severity.HIGH,
    types=(
        "azure-native:machinelearningservices:Compute",
        "azure:machinelearning/computeCluster:ComputeCluster",
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    remediation="set remote_login_port_public_access (an instance: ssh_public_access) to Disabled",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-secure-training-vnet",
)


def check(compute: Resource) -> Iterator[str]:
    """An instance has the port closed unless it says otherwise, a cluster has to say so."""
    if compute.type == RULE.types[1]:
        if compute.get("sshPublicAccessEnabled") is not False:
            yield "sshPublicAccessEnabled is not off"
    elif compute.get("properties.computeType") == "AmlCompute":
        if compute.get("properties.properties.remoteLoginPortPublicAccess") != "Disabled":
            yield "properties.properties.remoteLoginPortPublicAccess is not Disabled"
    elif compute.get("properties.properties.sshSettings.sshPublicAccess") == "Enabled":
        yield "properties.properties.sshSettings.sshPublicAccess is Enabled"
