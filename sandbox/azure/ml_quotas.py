"""Azure ML's quotas of cores by VM family, as the service tells them and refuses what is beyond.

A subscription begins with :data:`CORES` of each family in each region, and sets other limits
through ``Microsoft.Quota``, where a request is granted at once, for less than before as well.
https://learn.microsoft.com/rest/api/quota/quota/create-or-update
"""

import re
from typing import Final

from catalogue import Instance, instances
from catalogue.quotas import LOW_PRIORITY_CORES, azure_endpoint_machines
from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError, bad_request, not_found
from sandbox.azure.ids import ResourceId, parse
from sandbox.azure.locations import LOCATIONS, normalised
from sandbox.store import Record
from sandbox.wire import Request

CORES: Final = 350
_NAMESPACE: Final = "Microsoft.MachineLearningServices"
_DEPLOYMENTS: Final = f"{_NAMESPACE}/workspaces/onlineEndpoints/deployments"
_COLLECTION: Final = "machine-learning quotas"
_SIZE: Final = re.compile(r"Standard_([A-Z]+)\d+(?:-\d+)?([a-z]*)((?:_[A-Z]+\d+)?)((?:_v\d+)?)")


def family(size: str) -> str:
    """The family of a VM size, such as ``standardDSv2Family`` of ``Standard_DS3_v2``."""
    found = _SIZE.fullmatch(size)
    if found is None:
        return f"{size[:1].lower()}{size[1:].replace('_', '')}Family"
    letters, features, chip, version = found.groups()
    return f"standard{letters}{features.upper()}{chip.strip('_')}{version.strip('_')}Family"


class Quotas:
    """Limits and use by subscription, region and family."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def answer(self) -> None:
        """Answer what is asked about quotas, use and sizes."""
        context = self._context
        base = f"/subscriptions/{{subscription}}/providers/{_NAMESPACE}/locations/{{location}}"
        quota = f"{base}/providers/Microsoft.Quota/quotas/{{name}}"
        context.route("GET", f"{base}/usages", self._usages)
        context.route("GET", f"{base}/vmSizes", self._sizes)
        context.route("GET", quota, self._get)
        context.route("PUT", quota, self._put)

    def refuse_deployment(self, identifier: str, size: str, count: int, location: str) -> None:
        """Refuse a deployment whose machines, with a fifth more for upgrades, are too many.

        Args:
            identifier: the deployment's id, whose present machines do not count.

        Raises:
            ApiError: 400 in the words of the service.
        """
        machine = instances("azure").get(size)
        if machine is None:
            return  # a size that the catalogue does not know has no known family
        subscription = parse(identifier).subscription
        wanted = azure_endpoint_machines(count) * machine.vcpus
        used = self._used(subscription, location, family(size), besides=identifier)
        limit = self._limit(subscription, location, family(size))
        if used + wanted > limit:
            message = (
                f"Not enough quota available for {size} in SubscriptionId {subscription}. Current "
                f"usage/limit: {used}/{limit}. Additional needed: {wanted} Please see "
                "troubleshooting guide, available here: https://aka.ms/oe-tsg#error-outofquota"
            )
            detail = {"code": "InferencingClientCreateDeploymentFailed", "message": message}
            raise ApiError(400, "BadRequest", "The request is invalid.", details=[detail])

    def refuse_cluster(self, cluster: ResourceId, facts: Record) -> None:
        """Refuse a cluster of which not even its least nodes, or one, could be.

        Args:
            facts: the properties of an AmlCompute, with their defaults.

        Raises:
            ApiError: 400 in the words of the service.
        """
        machine = instances("azure").get(str(facts["vmSize"]))
        if machine is None:
            return
        assert cluster.parent is not None
        location = str(self._context.resources.require(cluster.parent)["location"])
        spot = facts["vmPriority"] == "LowPriority"
        name = LOW_PRIORITY_CORES if spot else family(machine.type)
        limit = self._limit(cluster.subscription, location, name)
        least = max(facts["scaleSettings"]["minNodeCount"], 1)
        if least * machine.vcpus > limit:
            message = (
                f"The specified subscription has a {name} vCPU quota of {limit} and is less than "
                f"the requested compute training cluster and/or compute instance's min nodes of "
                f"{least} which maps to {least * machine.vcpus} vCPUs. Talk to your Subscription "
                "Admin to increase the vCPU quota."
            )
            raise bad_request(message, "ClusterMinNodesExceedCoreQuota")

    def _limit(self, subscription: str, location: str, name: str) -> int:
        found = self._context.store.get(_COLLECTION, _key(subscription, location, name))
        return CORES if found is None else int(found["limit"])

    def _used(self, subscription: str, location: str, name: str, *, besides: str = "") -> int:
        cores = 0
        scope = f"/subscriptions/{subscription}"
        for record in self._context.resources.of_type(_DEPLOYMENTS, scope):
            size = str((record.get("properties") or {}).get("instanceType"))
            machine = instances("azure").get(size)
            same = str(record["id"]).lower() == besides.lower()
            here = normalised(str(record.get("location", ""))) == normalised(location)
            if machine is not None and here and not same and family(size) == name:
                count = int((record.get("sku") or {}).get("capacity") or 1)
                cores += azure_endpoint_machines(count) * machine.vcpus
        return cores

    def _place(self, request: Request) -> tuple[str, str]:
        self._context.authenticate(request)
        location = normalised(request.variables["location"])
        if location not in LOCATIONS:
            raise bad_request(f"There is no location '{location}'.", "LocationNotAvailable")
        return request.variables["subscription"], location

    def _usages(self, request: Request) -> Record:
        subscription, location = self._place(request)
        names = [*sorted({family(size) for size in _sizes()}), LOW_PRIORITY_CORES]
        return {"value": [self._usage(subscription, location, name) for name in names]}

    def _usage(self, subscription: str, location: str, name: str) -> Record:
        kind = "lowPriority" if name == LOW_PRIORITY_CORES else "dedicatedCores"
        base = f"/subscriptions/{subscription}/providers/{_NAMESPACE}/locations/{location}"
        return {
            "id": f"{base}/usages/{name}",
            "type": f"{_NAMESPACE}/{kind}/usages",
            "unit": "Count",
            "currentValue": self._used(subscription, location, name),
            "limit": self._limit(subscription, location, name),
            "name": {"value": name, "localizedValue": name},
        }

    def _sizes(self, request: Request) -> Record:
        self._place(request)
        return {"value": [_size(machine) for _, machine in sorted(_sizes().items())]}

    def _get(self, request: Request) -> Record:
        subscription, location = self._place(request)
        return self._quota(subscription, location, self._name(request))

    def _put(self, request: Request) -> Record:
        subscription, location = self._place(request)
        name = self._name(request)
        limit = (request.json().get("properties") or {}).get("limit") or {}
        value = limit.get("value")
        if limit.get("limitObjectType") != "LimitValue" or not isinstance(value, int) or value < 0:
            raise bad_request("properties.limit must be a LimitValue with a value of 0 or more.")
        key = _key(subscription, location, name)
        self._context.store.put(_COLLECTION, key, {"limit": value})
        return self._quota(subscription, location, name)

    def _quota(self, subscription: str, location: str, name: str) -> Record:
        limit = self._limit(subscription, location, name)
        scope = f"/subscriptions/{subscription}/providers/{_NAMESPACE}/locations/{location}"
        return {
            "id": f"{scope}/providers/Microsoft.Quota/quotas/{name}",
            "name": name,
            "type": "Microsoft.Quota/quotas",
            "properties": {
                "limit": {"limitObjectType": "LimitValue", "value": limit},
                "name": {"value": name, "localizedValue": name},
                "resourceType": "lowPriority" if name == LOW_PRIORITY_CORES else "dedicated",
                "unit": "Count",
                "isQuotaApplicable": True,
            },
        }

    @staticmethod
    def _name(request: Request) -> str:
        known = {family(size).lower(): family(size) for size in _sizes()}
        known[LOW_PRIORITY_CORES.lower()] = LOW_PRIORITY_CORES
        name = request.variables["name"]
        if name.lower() not in known:
            raise not_found(f"There is no quota '{name}'.", "ResourceNotFound")
        return known[name.lower()]


def _sizes() -> dict[str, Instance]:
    return dict(instances("azure"))


def _size(machine: Instance) -> Record:
    return {
        "name": machine.type,
        "family": family(machine.type),
        "vCPUs": machine.vcpus,
        "gpus": machine.accelerators,
        "memoryGB": machine.memory_gib,
        "maxResourceVolumeMB": (machine.local_disk_gb or 0) * 1024,
        "lowPriorityCapable": True,
        "premiumIO": "s" in machine.type.split("_")[1].lower(),
        "supportedComputeTypes": ["AmlCompute", "ComputeInstance"] if machine.training else [],
    }


def _key(subscription: str, location: str, name: str) -> str:
    return f"{subscription}/{location}/{name}".lower()
