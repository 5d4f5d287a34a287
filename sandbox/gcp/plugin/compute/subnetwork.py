"""``gcp:compute/subnetwork:Subnetwork``."""

import ipaddress
from dataclasses import replace
from typing import Any

from plugin import UNKNOWN, Context, Difference
from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.compute.network import NAME, NAME_WORDS
from sandbox.gcp.plugin.compute_resource import ComputeResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import each, matches, one_of


def _range_fault(text: Any) -> str | None:
    try:
        network = ipaddress.ip_network(str(text))
    except ValueError as error:
        return f"{text!r}: {error}"
    return None if network.version == 4 else f"{text!r} is no range of IPv4 addresses"


class Subnetwork(ComputeResource):
    """A range of a network in one region; it can grow in place, not shrink."""

    token = "gcp:compute/subnetwork:Subnetwork"
    behaviour = "recorded"
    immutable = frozenset({"description", "name", "network", "project", "purpose", "region"})
    mutable = frozenset(
        {
            "deletionPolicy",
            "ipCidrRange",
            "logConfig",
            "privateIpGoogleAccess",
            "role",
            "secondaryIpRanges",
            "stackType",
        }
    )
    local = frozenset({"deletionPolicy"})
    unknown_until_created = frozenset(
        {
            "externalIpv6Prefix",
            "internalIpv6Prefix",
            "ipCidrRange",
            "privateIpGoogleAccess",
            "privateIpv6GoogleAccess",
            "purpose",
            "secondaryIpRanges",
            "stackType",
        }
    )
    sets = frozenset({"metadataFields", "secondaryIpRanges"})
    assumed = {
        "logConfig.aggregationInterval": "INTERVAL_5_SEC",
        "logConfig.filterExpr": "true",
        "logConfig.flowSampling": 0.5,
        "logConfig.metadata": "INCLUDE_ALL_METADATA",
    }
    places = frozenset({"project", "region"})
    auto_name = AutoName("name", 63, str.lower)
    parent = "projects/{project}/regions/{region}"
    kind = "subnetworks"
    names = {"subnetworkId": "id"}
    rules = (
        matches("name", NAME, NAME_WORDS),
        each("ipCidrRange", _range_fault),
        each("secondaryIpRanges[].ipCidrRange", _range_fault),
        one_of("stackType", {"IPV4_ONLY", "IPV4_IPV6", "IPV6_ONLY"}),
    )

    def body(self, inputs: Properties) -> dict[str, Any]:
        body = super().body(inputs)
        if inputs.get("logConfig"):
            body["logConfig"] = {**body["logConfig"], "enable": True}
        return body

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {
            "privateIpGoogleAccess": bool(answer.get("privateIpGoogleAccess")),
            "purpose": answer.get("purpose") or "PRIVATE",
            "stackType": answer.get("stackType") or "IPV4_ONLY",
            "subnetworkId": int(answer["id"]),
        }

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        difference = super().diff(context, resource_id, old, new)
        if "ipCidrRange" not in difference.changed:
            return difference
        before, after = old.get("ipCidrRange"), new.get("ipCidrRange")
        if UNKNOWN in (before, after) or not before or not after or _holds(after, before):
            return difference
        return replace(difference, replaces=difference.replaces | {"ipCidrRange"})


def _holds(outer: str, inner: str) -> bool:
    try:
        return ipaddress.IPv4Network(inner).subnet_of(ipaddress.IPv4Network(outer))
    except ValueError:
        return False
