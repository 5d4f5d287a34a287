"""Machines without work cost, and are there to be attacked."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

CLUSTER = "AmlCompute"

RULE = Rule(
    title="A cluster of Azure ML has no machines while nothing runs",
    severity=Severity.LOW,
    types=(
        "azure-native:machinelearningservices:Compute",
        "azure:machinelearning/computeCluster:ComputeCluster",
    ),
    gdpr=("25",),
    controls=("CKV_AZURE_150",),
    remediation="set scale_settings.min_node_count to 0",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-create-attach-compute-cluster",
)


def check(compute: Resource) -> Iterator[str]:
    """Other kinds of compute, such as a person's own machine, have no number of nodes."""
    if compute.get("properties.computeType", CLUSTER) != CLUSTER:
        return
    path = (
        "scaleSettings" if compute.type == RULE.types[1] else "properties.properties.scaleSettings"
    )
    nodes = compute.get(f"{path}.minNodeCount", 0 if compute.has(path) else None)
    if nodes != 0:
        yield f"{path}.minNodeCount is {'not set' if nodes is None else nodes}"
