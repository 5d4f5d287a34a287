"""What costs money in Azure, and what does not.

Azure ML adds nothing to the price of its machines:
https://azure.microsoft.com/pricing/details/machine-learning/
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.cost.meter import HOURS, UNKNOWN, Charge, Meter, Plan, number
from tools.cost.planned import Planned

_ML: Final = "azure-native:machinelearningservices"


def _deployment(resource: Planned, plan: Plan) -> Iterator[Charge]:
    least = number((resource.inputs.get("sku") or {}).get("capacity"), 1)
    kind = str((resource.inputs.get("properties") or {}).get("instanceType"))
    limits = [
        number((profile.get("capacity") or {}).get("maximum"), least)
        for setting in plan.of("azure-native:monitor:AutoscaleSetting")
        for profile in setting.inputs.get("profiles") or ()
    ]
    yield Charge(
        item=f"machine-learning/{kind}",
        what=f"endpoint, {least:.0f} × {kind}",
        quantity=least * HOURS,
        most=max([least, *limits]) * HOURS,
        steady=True,
    )


def _job(resource: Planned, plan: Plan) -> Iterator[Charge]:
    properties = resource.inputs.get("properties") or {}
    machine = _cluster(plan)
    kind = str(machine.get("vmSize"))
    preparing = resource.component == "Prep"
    minutes = plan.usage.prep_minutes if preparing else plan.usage.training_minutes
    count = number((properties.get("resources") or {}).get("instanceCount"), 1)
    limits = properties.get("limits") or properties.get("limitSettings") or {}
    trials = number(limits.get("maxTotalTrials", limits.get("maxTrials")), 1)
    what = {"Sweep": "tuning job", "AutoML": "AutoML job"}.get(
        str(properties.get("jobType")), "preparation" if preparing else "training job"
    )
    many = f", {trials:.0f} trials" if trials > 1 else ""
    yield Charge(
        item=f"machine-learning/{kind}" if machine else UNKNOWN,
        what=f"{what}{many}, {count:.0f} × {kind}",
        quantity=trials * count * minutes / 60,
        per="run",
        spot=machine.get("vmPriority") == "LowPriority",
    )


def _cluster(plan: Plan) -> Mapping[str, Any]:
    for compute in plan.of(f"{_ML}:Compute"):
        machine: Mapping[str, Any] = (compute.inputs.get("properties") or {}).get("properties", {})
        return machine
    return {}


def _container(resource: Planned, _plan: Plan) -> Iterator[Charge]:
    wanted = [
        (container.get("resources") or {}).get("requests") or {}
        for container in resource.inputs.get("containers") or ()
    ]
    cpus = sum(number(one.get("cpu"), 1) for one in wanted)
    memory = sum(number(one.get("memoryInGB"), 1) for one in wanted)
    what = f"web service, {cpus:g} vCPU, {memory:g} GB"
    yield Charge(item="container-instances/vcpu", what=what, quantity=cpus * HOURS)
    yield Charge(item="container-instances/memory", what=what, quantity=memory * HOURS)


def _private(_resource: Planned, _plan: Plan) -> Iterator[Charge]:
    yield Charge(item="private-link/endpoint", what="private endpoints", quantity=HOURS)


METERS: Final[Mapping[str, Meter]] = {
    f"{_ML}:OnlineDeployment": _deployment,
    f"{_ML}:Job": _job,
    "azure-native:containerinstance:ContainerGroup": _container,
    "azure-native:network:PrivateEndpoint": _private,
}

# Clusters without work have no machines; what runs on them is metered as jobs.
FREE: Final = (
    "azure-native:authorization:",
    "azure-native:consumption:",
    "azure-native:managedidentity:",
    "azure-native:monitor:ActionGroup",
    "azure-native:monitor:AutoscaleSetting",
    "azure-native:monitor:DiagnosticSetting",
    "azure-native:network:NetworkSecurityGroup",
    "azure-native:network:PrivateDnsZoneGroup",
    "azure-native:network:Subnet",
    "azure-native:network:VirtualNetwork",
    "azure-native:portal:",
    "azure-native:privatedns:VirtualNetworkLink",
    "azure-native:resources:",
    "azure-native:storage:Blob",
    "azure-native:storage:EncryptionScope",
    "azure-native:storage:ManagementPolicy",
    f"{_ML}:Code",
    f"{_ML}:Compute",
    f"{_ML}:Data",
    f"{_ML}:Environment",
    f"{_ML}:Model",
    f"{_ML}:OnlineEndpoint",
    f"{_ML}:Schedule",
    f"{_ML}:Workspace",
    "trimaran:azure:",
)
