"""``gcp:monitoring/dashboard:Dashboard``."""

import json
from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.plugins.rules import json_text


class Dashboard(GcpResource):
    """Charts, as one JSON text."""

    token = "gcp:monitoring/dashboard:Dashboard"
    behaviour = "recorded"
    immutable = frozenset({"project"})
    mutable = frozenset({"dashboardJson", "deletionPolicy"})
    local = frozenset({"deletionPolicy"})
    rules = (json_text("dashboardJson"),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        path = f"/v1/projects/{inputs['project']}/dashboards"
        return str(cloud.call("POST", path, body=json.loads(inputs["dashboardJson"]))["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.call("GET", f"/v1/{resource_id}")
        declared = known.get("dashboardJson")
        found: Any = {key: item for key, item in answer.items() if key not in ("etag", "name")}
        if isinstance(declared, str) and _says(found, json.loads(declared)):
            text = declared
        else:
            text = json.dumps(found)
        project = known.get("project")
        if not project:
            number = resource_id.split("/")[1]
            project = cloud.call("GET", f"/v1/projects/{number}")["projectId"]
        return {"dashboardJson": text, "project": project}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if "dashboardJson" not in changed:
            return
        etag = cloud.call("GET", f"/v1/{resource_id}").get("etag")
        body = {**json.loads(new["dashboardJson"]), "etag": etag, "name": resource_id}
        mask = [*body, *_left_out(old, new)]
        query = {"updateMask": ",".join(sorted(set(mask) - {"etag", "name"}))}
        cloud.call("PATCH", f"/v1/{resource_id}", query=query, body=body)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.call("DELETE", f"/v1/{resource_id}")


def _left_out(old: Properties, new: Properties) -> set[str]:
    return set(json.loads(old["dashboardJson"])) - set(json.loads(new["dashboardJson"]))


def _says(found: Any, declared: Any) -> bool:
    """Whether the cloud has all that is declared; what it adds of its own does not matter."""
    if isinstance(declared, dict) and isinstance(found, dict):
        return all(
            key in ("etag", "name") or (key in found and _says(found[key], item))
            for key, item in declared.items()
        )
    if isinstance(declared, list) and isinstance(found, list):
        return len(found) == len(declared) and all(map(_says, found, declared))
    return bool(found == declared)
