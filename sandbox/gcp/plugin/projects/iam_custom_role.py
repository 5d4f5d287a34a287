"""``gcp:projects/iAMCustomRole:IAMCustomRole``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.rules import longest, matches, one_of


class CustomRole(RestResource):
    """Permissions under a name of the project's own; nobody is kept out for want of them."""

    token = "gcp:projects/iAMCustomRole:IAMCustomRole"
    behaviour = "recorded"
    immutable = frozenset({"project", "roleId"})
    mutable = frozenset({"deletionPolicy", "description", "permissions", "stage", "title"})
    local = frozenset({"deletionPolicy"})
    sets = frozenset({"permissions"})
    defaults = {"stage": "GA"}
    kind = "roles"
    identified_by = "roleId"
    short_names = False
    names = {"permissions": "includedPermissions"}
    rules = (
        matches(
            "roleId",
            r"[a-zA-Z0-9_.]{3,64}",
            "3 to 64 letters, digits, underscores and full stops are allowed",
        ),
        longest("title", 100),
        one_of("stage", {"ALPHA", "BETA", "GA", "DEPRECATED", "DISABLED", "EAP"}),
    )

    def body(self, inputs: Properties) -> dict[str, Any]:
        body = super().body(inputs)
        body.pop("roleId", None)
        return body

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        body = {"roleId": inputs["roleId"], "role": self.body(inputs)}
        path = f"{self.version}/{self.parent.format_map(inputs)}/{self.kind}"
        return str(cloud.call("POST", path, body=body)["name"])

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {"deleted": bool(answer.get("deleted"))}
