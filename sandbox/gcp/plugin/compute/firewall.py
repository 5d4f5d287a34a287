"""``gcp:compute/firewall:Firewall``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.compute.network import NAME, NAME_WORDS
from sandbox.gcp.plugin.compute_resource import ComputeResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import between, exactly_one, matches, one_of


class Firewall(ComputeResource):
    """A rule of a network; nothing is filtered here."""

    token = "gcp:compute/firewall:Firewall"
    behaviour = "recorded"
    immutable = frozenset({"direction", "name", "network", "project"})
    mutable = frozenset(
        {
            "allows",
            "deletionPolicy",
            "denies",
            "description",
            "destinationRanges",
            "disabled",
            "logConfig",
            "priority",
            "sourceRanges",
            "sourceServiceAccounts",
            "sourceTags",
            "targetServiceAccounts",
            "targetTags",
        }
    )
    local = frozenset({"deletionPolicy"})
    defaults = {"priority": 1000}
    unknown_until_created = frozenset({"destinationRanges", "direction", "sourceRanges"})
    sets = frozenset(
        {
            "allows",
            "denies",
            "destinationRanges",
            "sourceRanges",
            "sourceServiceAccounts",
            "sourceTags",
            "targetServiceAccounts",
            "targetTags",
        }
    )
    auto_name = AutoName("name", 255)
    kind = "firewalls"
    names = {
        "FirewallAllowArgs.protocol": "IPProtocol",
        "FirewallDenyArgs.protocol": "IPProtocol",
        "allows": "allowed",
        "denies": "denied",
    }
    rules = (
        matches("name", NAME, NAME_WORDS),
        between("priority", 0, 65535),
        exactly_one("allows", "denies"),
        one_of("direction", {"INGRESS", "EGRESS"}),
    )

    def body(self, inputs: Properties) -> dict[str, Any]:
        body = super().body(inputs)
        if inputs.get("logConfig"):
            body["logConfig"] = {**body["logConfig"], "enable": True}
        return body

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {"direction": answer.get("direction") or "INGRESS"}
