"""``Microsoft.Network``: networks, private endpoints and private zones; no packet is stopped."""

import ipaddress
import uuid
from typing import Any

from sandbox.azure import paths
from sandbox.azure.errors import ApiError, bad_request, conflict
from sandbox.azure.ids import ResourceId, parse
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.store import Record

_NETWORKS = "Microsoft.Network/virtualNetworks"
_SUBNETS = f"{_NETWORKS}/subnets"
_GROUPS = "Microsoft.Network/networkSecurityGroups"
_ENDPOINTS = "Microsoft.Network/privateEndpoints"
_ZONES = "Microsoft.Network/privateDnsZones"
_LINKS = f"{_ZONES}/virtualNetworkLinks"
# Addresses that Azure keeps for itself at the start of each subnet.
_RESERVED = 4


class _NetworkType(ResourceType):
    """What all of the namespace have."""

    name = (
        r"[a-zA-Z0-9]([\w.-]{0,78}\w)?",
        "1 to 80 letters, digits, _ . and -, a letter or digit first, no . or - last",
    )
    system_data = False
    etagged = True
    patchable = False
    long_running = frozenset({"PUT", "DELETE"})
    generated = {"properties.resourceGuid": lambda _: str(uuid.uuid4())}


def _networks(prefixes: list[str], what: str) -> list[Any]:
    try:
        return [ipaddress.ip_network(prefix) for prefix in prefixes]
    except ValueError as error:
        raise bad_request(f"{what}: {error}.", "InvalidCIDRNotation") from error


class VirtualNetworks(_NetworkType):
    """Networks; their subnets are resources of their own."""

    type = _NETWORKS
    tracked = True
    name = (
        r"[a-zA-Z0-9]([\w.-]{0,62}\w)?",
        "1 to 64 letters, digits, _ . and -, a letter or digit first, no . or - last",
    )
    required = ("properties.addressSpace.addressPrefixes",)
    defaults = {"properties.enableDdosProtection": False}

    def check(self, call: Call) -> None:
        prefixes = call.properties["addressSpace"]["addressPrefixes"]
        spaces = _networks(prefixes, "The address space is invalid")
        if call.properties.pop("subnets", None):
            raise bad_request(
                "The sandbox wants subnets as resources of their own, not inside a network.",
                "NotSupportedBySandbox",
            )
        for subnet in self.context.resources.children(call.id, "subnets"):
            inner = ipaddress.ip_network(subnet["properties"]["addressPrefix"])
            if not any(inner.version == s.version and inner.subnet_of(s) for s in spaces):
                raise bad_request(
                    f"Subnet '{subnet['name']}' is not contained in the address space.",
                    "NetcfgInvalidSubnet",
                )

    def shown(self, record: Record) -> Record:
        subnets = self.context.resources.children(record["id"], "subnets")
        kept = ("id", "name", "etag", "properties")
        record["properties"]["subnets"] = [
            {key: subnet[key] for key in kept if key in subnet} for subnet in subnets
        ]
        record["properties"].setdefault("virtualNetworkPeerings", [])
        return record

    def check_deletion(self, call: Call) -> None:
        for link in self.context.resources.of_type(_LINKS):
            network = str(link["properties"]["virtualNetwork"]["id"]).lower()
            if network == call.id.key:
                raise bad_request(
                    f"Virtual network {call.id} cannot be deleted because it is linked to the "
                    f"private DNS zone of '{link['id']}'.",
                    "InUseVirtualNetworkCannotBeDeleted",
                )
        for subnet in self.context.resources.children(call.id, "subnets"):
            _check_unused(self, parse(subnet["id"]))


def _check_unused(kind: ResourceType, subnet: ResourceId) -> None:
    for endpoint in kind.context.resources.of_type(_ENDPOINTS):
        if str(endpoint["properties"]["subnet"]["id"]).lower() == subnet.key:
            raise bad_request(
                f"Subnet {subnet.name} is in use by {endpoint['id']} and cannot be deleted. In "
                "order to delete the subnet, delete all the resources within the subnet.",
                "InUseSubnetCannotBeDeleted",
            )


def _require(kind: ResourceType, call: Call, reference: Any) -> Record:
    """What a reference names.

    Raises:
        ApiError: it does not exist.
    """
    found = kind.context.resources.get(str(reference)) if reference else None
    if found is None:
        raise ApiError(
            400,
            "InvalidResourceReference",
            f"Resource {reference} referenced by resource {call.id} was not found. Please make "
            "sure that the referenced resource exists, and that both resources are in the same "
            "region.",
        )
    return found


class Subnets(_NetworkType):
    """Subnets, whose addresses private endpoints take."""

    type = _SUBNETS
    generated = {}
    defaults = {
        "properties.privateEndpointNetworkPolicies": "Disabled",
        "properties.privateLinkServiceNetworkPolicies": "Enabled",
        "properties.delegations": [],
    }
    allowed = {
        "properties.privateEndpointNetworkPolicies": frozenset(
            {"Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"}
        )
    }

    def check(self, call: Call) -> None:
        parent = call.id.parent
        assert parent is not None
        prefixes = call.properties.get("addressPrefixes") or [call.properties.get("addressPrefix")]
        if len(prefixes) != 1 or not prefixes[0]:
            raise bad_request("A subnet needs one address prefix.", "InvalidRequestFormat")
        call.properties["addressPrefix"] = prefixes[0]
        own = _networks(prefixes, f"Subnet '{call.id.name}'")[0]
        network = self.context.resources.require(parent)
        spaces = _networks(
            network["properties"]["addressSpace"]["addressPrefixes"], "Address space"
        )
        if not any(own.version == space.version and own.subnet_of(space) for space in spaces):
            raise bad_request(
                f"Subnet '{call.id.name}' is not valid because its IP address range is outside "
                f"the IP address range of virtual network '{parent.name}'.",
                "NetcfgSubnetRangeOutsideVnet",
            )
        for other in self.context.resources.children(parent, "subnets"):
            prefix = other["properties"]["addressPrefix"]
            if other["name"] != call.id.name and own.overlaps(ipaddress.ip_network(prefix)):
                raise bad_request(
                    f"Subnet '{call.id.name}' is not valid because its IP address range overlaps "
                    f"with that of an existing subnet in virtual network '{parent.name}'.",
                    "NetcfgSubnetRangesOverlap",
                )
        group = paths.value(call.new, "properties.networkSecurityGroup.id")
        if group is not None:
            _require(self, call, group)

    def complete(self, call: Call) -> None:
        for number, delegation in enumerate(call.properties["delegations"]):
            delegation.setdefault("name", str(number))
            delegation["id"] = f"{call.new['id']}/delegations/{delegation['name']}"
            delegation.setdefault("properties", {}).update(provisioningState="Succeeded")

    def check_deletion(self, call: Call) -> None:
        _check_unused(self, call.id)


class NetworkSecurityGroups(_NetworkType):
    """Rules by name; nothing is filtered."""

    type = _GROUPS
    tracked = True

    def check(self, call: Call) -> None:
        places: set[tuple[str, int]] = set()
        for rule in call.properties.setdefault("securityRules", []):
            facts = rule.get("properties") or {}
            missing = [
                name
                for name in ("priority", "direction", "access", "protocol")
                if facts.get(name) is None
            ]
            if missing or not rule.get("name"):
                listed = ", ".join(missing or ["name"])
                raise bad_request(
                    f"Security rule '{rule.get('name')}' lacks: {listed}.",
                    "SecurityRuleParameterMissing",
                )
            if not 100 <= facts["priority"] <= 4096:
                raise bad_request(
                    f"Security rule {rule['name']} has invalid priority {facts['priority']}. "
                    "Value provided should be in the range 100-4096.",
                    "SecurityRuleInvalidPriority",
                )
            place = (str(facts["direction"]), facts["priority"])
            if place in places:
                raise bad_request(
                    f"Security rule {rule['name']} conflicts with another one. Rules cannot have "
                    "the same Priority and Direction.",
                    "SecurityRuleConflict",
                )
            places.add(place)

    def complete(self, call: Call) -> None:
        for rule in call.properties["securityRules"]:
            rule["id"] = f"{call.new['id']}/securityRules/{rule['name']}"
            rule["type"] = f"{_GROUPS}/securityRules"
            rule["properties"]["provisioningState"] = "Succeeded"

    def check_deletion(self, call: Call) -> None:
        for subnet in self.context.resources.of_type(_SUBNETS):
            used = paths.value(subnet, "properties.networkSecurityGroup.id")
            if used is not None and str(used).lower() == call.id.key:
                raise bad_request(
                    f"Network security group {call.id} cannot be deleted because it is in use by "
                    f"the following resources: {subnet['id']}.",
                    "InUseNetworkSecurityGroupCannotBeDeleted",
                )


class PrivateEndpoints(_NetworkType):
    """Private ways to a resource; connections are approved at once, none is used."""

    type = _ENDPOINTS
    tracked = True
    required = ("properties.subnet.id",)
    immutable = ("properties.subnet.id",)

    def check(self, call: Call) -> None:
        _require(self, call, call.properties["subnet"]["id"])
        for connection in paths.values(call.new, "properties.privateLinkServiceConnections[]"):
            target = paths.value(connection, "properties.privateLinkServiceId")
            _require(self, call, target)

    def complete(self, call: Call) -> None:
        for connection in paths.values(call.new, "properties.privateLinkServiceConnections[]"):
            connection["id"] = (
                f"{call.new['id']}/privateLinkServiceConnections/{connection['name']}"
            )
            connection["type"] = f"{_ENDPOINTS}/privateLinkServiceConnections"
            connection["properties"].update(
                provisioningState="Succeeded",
                privateLinkServiceConnectionState={
                    "status": "Approved",
                    "description": "Auto-Approved",
                    "actionsRequired": "None",
                },
            )
        call.properties.setdefault("manualPrivateLinkServiceConnections", [])
        call.properties.setdefault("ipConfigurations", [])
        if "customDnsConfigs" not in (call.old or {}).get("properties", {}):
            call.properties["customDnsConfigs"] = [{"ipAddresses": [self._address(call)]}]
        elif call.old is not None:
            call.properties["customDnsConfigs"] = call.old["properties"]["customDnsConfigs"]

    def _address(self, call: Call) -> str:
        subnet = call.properties["subnet"]["id"]
        record = self.context.resources.require(subnet)
        taken = {
            address
            for other in self.context.resources.of_type(_ENDPOINTS)
            if str(other["properties"]["subnet"]["id"]).lower() == str(subnet).lower()
            for address in paths.values(other, "properties.customDnsConfigs[].ipAddresses[]")
        }
        space = ipaddress.ip_network(record["properties"]["addressPrefix"])
        for number in range(_RESERVED, space.num_addresses - 1):
            if str(space[number]) not in taken:
                return str(space[number])
        raise conflict(f"Subnet {record['name']} has no free address left.", "SubnetIsFull")


class PrivateDnsZoneGroups(_NetworkType):
    """Which zones get a private endpoint's names."""

    type = f"{_ENDPOINTS}/privateDnsZoneGroups"
    generated = {}

    def check(self, call: Call) -> None:
        for config in paths.values(call.new, "properties.privateDnsZoneConfigs[]"):
            _require(self, call, paths.value(config, "properties.privateDnsZoneId"))


class PrivateZones(_NetworkType):
    """Private DNS zones; nothing is resolved."""

    type = _ZONES
    tracked = True
    system_data = True
    name = (r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){1,33}", "2 to 34 labels, dots between them")
    generated = {
        "properties.internalId": lambda _: str(uuid.uuid4()),
        "properties.maxNumberOfRecordSets": lambda _: 25000,
        "properties.maxNumberOfVirtualNetworkLinks": lambda _: 1000,
        "properties.maxNumberOfVirtualNetworkLinksWithRegistration": lambda _: 100,
        "properties.numberOfRecordSets": lambda _: 1,
    }

    def shown(self, record: Record) -> Record:
        links = self.context.resources.children(record["id"], "virtualNetworkLinks")
        registering = [link for link in links if link["properties"].get("registrationEnabled")]
        record["properties"].update(
            numberOfVirtualNetworkLinks=len(links),
            numberOfVirtualNetworkLinksWithRegistration=len(registering),
        )
        return record

    def check_deletion(self, call: Call) -> None:
        if self.context.resources.children(call.id, "virtualNetworkLinks"):
            raise conflict(
                f"Can not delete resource '{call.id.name}' before nested resources are deleted.",
                "CannotDeleteResource",
            )


class VirtualNetworkLinks(_NetworkType):
    """Networks that ask a private zone."""

    type = _LINKS
    tracked = True
    system_data = True
    generated = {}
    required = ("properties.virtualNetwork.id",)
    defaults = {"properties.registrationEnabled": False}
    immutable = ("properties.virtualNetwork.id",)

    def check(self, call: Call) -> None:
        _require(self, call, call.properties["virtualNetwork"]["id"])
        parent = call.id.parent
        assert parent is not None
        for other in self.context.resources.children(parent, "virtualNetworkLinks"):
            same = str(other["properties"]["virtualNetwork"]["id"]).lower()
            if (
                other["name"].lower() != call.id.name.lower()
                and same == str(call.properties["virtualNetwork"]["id"]).lower()
            ):
                raise conflict(
                    f"The virtual network {same} is linked to zone '{parent.name}' already.",
                    "Conflict",
                )

    def complete(self, call: Call) -> None:
        call.properties["virtualNetworkLinkState"] = "Completed"


TYPES = (
    VirtualNetworks,
    Subnets,
    NetworkSecurityGroups,
    PrivateEndpoints,
    PrivateDnsZoneGroups,
    PrivateZones,
    VirtualNetworkLinks,
)
