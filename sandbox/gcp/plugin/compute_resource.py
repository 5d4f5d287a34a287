"""A resource of Compute Engine: named in the body, linked by URLs, changed by operations."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud, GoogleError
from sandbox.gcp.plugin.rest_resource import RestResource


class ComputeResource(RestResource):
    """Its methods answer operations of Compute's own form."""

    version = "/compute/v1"
    parent = "projects/{project}/global"

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        path = f"{self.version}/{self.parent.format_map(inputs)}/{self.kind}"
        self._finish(cloud, inputs, cloud.call("POST", path, body=self.body(inputs)))
        return self.template.format_map(inputs)

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = super().find(cloud, resource_id, known)
        if found is not None and "network" in found:
            found["network"] = _as_said(found["network"], known.get("network"))
        return found

    def patch(
        self,
        cloud: Cloud,
        resource_id: str,
        sent: dict[str, Any],
        paths: list[str],
        old: Properties,
    ) -> None:
        # Compute takes no mask: what is to go is sent as nothing.
        body = {path.split(".")[0]: None for path in paths} | sent
        self._finish(cloud, old, cloud.call("PATCH", self.address(resource_id), body=body))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        self._finish(cloud, outputs, cloud.call("DELETE", self.address(resource_id)))

    def _finish(self, cloud: Cloud, properties: Properties, operation: dict[str, Any]) -> None:
        scope = self.parent.format_map(properties)
        path = f"{self.version}/{scope}/operations/{operation.get('name')}"
        pause = 0.02
        while operation.get("status") not in ("DONE", None):
            cloud.context.wait(pause)
            pause = min(pause * 2, 1.0)
            operation = cloud.call("GET", path)
        for error in operation.get("error", {}).get("errors", []):
            raise GoogleError(400, str(error.get("code")), str(error.get("message")))


def _as_said(found: Any, declared: Any) -> Any:
    """A link in the program's words: its id, its name and its URL mean the same."""
    if isinstance(found, str) and isinstance(declared, str):
        tail = declared.partition("/compute/v1/")[2] or declared
        if found == declared or found.endswith(f"/{tail}"):
            return declared
    return found
