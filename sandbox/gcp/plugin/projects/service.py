"""``gcp:projects/service:Service``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.plugins.rules import matches


class Service(GcpResource):
    """An API that a project may use; it stays on when destroyed unless ``disableOnDestroy``.

    Switching on what is on already is no error, as in the cloud.
    """

    token = "gcp:projects/service:Service"
    behaviour = "recorded"
    immutable = frozenset({"project", "service"})
    mutable = frozenset({"deletionPolicy", "disableDependentServices", "disableOnDestroy"})
    local = mutable
    rules = (
        matches(
            "service",
            r"[a-z][\w-]*(\.[\w-]+)+",
            "expected a service such as storage.googleapis.com",
        ),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        project, service = inputs["project"], inputs["service"]
        answer = cloud.call("POST", f"/v1/projects/{project}/services/{service}:enable", body={})
        cloud.wait(answer)
        return f"{project}/{service}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        project, _, service = resource_id.removeprefix("projects/").partition("/")
        answer = cloud.call("GET", f"/v1/projects/{project}/services/{service}")
        if answer.get("state") != "ENABLED":
            return None
        return {"project": project, "service": service}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        """Only what steers the provider gets here."""

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if not outputs.get("disableOnDestroy"):
            return
        body = {"disableDependentServices": bool(outputs.get("disableDependentServices"))}
        project, service = outputs["project"], outputs["service"]
        path = f"/v1/projects/{project}/services/{service}:disable"
        cloud.wait(cloud.call("POST", path, body=body))
