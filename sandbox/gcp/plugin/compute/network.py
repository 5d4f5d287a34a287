"""``gcp:compute/network:Network``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.compute_resource import ComputeResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import between, matches, one_of

NAME = r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
NAME_WORDS = "1 to 63 lower-case letters, digits and hyphens are allowed, a letter first"


class Network(ComputeResource):
    """A network for private addresses; nothing is routed here."""

    token = "gcp:compute/network:Network"
    behaviour = "recorded"
    immutable = frozenset({"autoCreateSubnetworks", "description", "name", "project"})
    mutable = frozenset({"deleteDefaultRoutesOnCreate", "deletionPolicy", "mtu", "routingMode"})
    local = frozenset({"deleteDefaultRoutesOnCreate", "deletionPolicy"})
    defaults = {"autoCreateSubnetworks": True, "deleteDefaultRoutesOnCreate": False}
    unknown_until_created = frozenset(
        {
            "bgpAlwaysCompareMed",
            "bgpBestPathSelectionMode",
            "bgpInterRegionCost",
            "internalIpv6Range",
            "mtu",
            "routingMode",
        }
    )
    auto_name = AutoName("name", 63, str.lower)
    kind = "networks"
    names = {
        "gatewayIpv4": "gatewayIPv4",
        "networkId": "id",
        "routingMode": "routingConfig.routingMode",
    }
    rules = (
        matches("name", NAME, NAME_WORDS),
        between("mtu", 1300, 8896),
        one_of("routingMode", {"REGIONAL", "GLOBAL"}),
    )

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        number = str(answer["id"])
        return {
            "autoCreateSubnetworks": bool(answer.get("autoCreateSubnetworks")),
            "networkId": number,
            "numericId": number,
            "routingMode": (answer.get("routingConfig") or {}).get("routingMode") or "REGIONAL",
        }

    def body(self, inputs: Properties) -> dict[str, Any]:
        return {**super().body(inputs), "autoCreateSubnetworks": inputs["autoCreateSubnetworks"]}
