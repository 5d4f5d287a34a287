"""``gcp:monitoring/notificationChannel:NotificationChannel``."""

from collections.abc import Mapping
from typing import Any, Final

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource

_SENSITIVE: Final[Mapping[str, str]] = {
    "authToken": "auth_token",
    "password": "password",  # pragma: allowlist secret
    "serviceKey": "service_key",  # pragma: allowlist secret
}


class NotificationChannel(RestResource):
    """Whom alerts reach; nothing is sent from here."""

    token = "gcp:monitoring/notificationChannel:NotificationChannel"
    behaviour = "recorded"
    immutable = frozenset({"project"})
    mutable = frozenset(
        {
            "deletionPolicy",
            "description",
            "displayName",
            "enabled",
            "forceDelete",
            "labels",
            "sensitiveLabels",
            "type",
            "userLabels",
        }
    )
    local = frozenset({"deletionPolicy", "forceDelete"})
    defaults = {"enabled": True, "forceDelete": False}
    untold = frozenset({"sensitiveLabels"})
    unsent = frozenset({"sensitiveLabels"})
    version = "/v3"
    kind = "notificationChannels"
    identified_by = ""
    short_names = False

    def body(self, inputs: Properties) -> dict[str, Any]:
        body = super().body(inputs)
        secret = {
            label: inputs["sensitiveLabels"][name]
            for name, label in _SENSITIVE.items()
            if (inputs.get("sensitiveLabels") or {}).get(name)
        }
        if secret:
            body["labels"] = {**body.get("labels", {}), **secret}
        return body

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        named = {"labels" if name == "sensitiveLabels" else name for name in changed}
        super().change(cloud, resource_id, old, new, named)

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        shown = {
            name: text
            for name, text in answer.get("labels", {}).items()
            if name not in _SENSITIVE.values()
        }
        return {"labels": shown or None, "name": resource_id}

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        query = {"force": "true" if outputs.get("forceDelete") else "false"}
        cloud.call("DELETE", self.address(resource_id), query=query)
