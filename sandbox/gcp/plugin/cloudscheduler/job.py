"""``gcp:cloudscheduler/job:Job``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest, matches, one_of


class Job(RestResource):
    """A call of one of Google's APIs at fixed times."""

    token = "gcp:cloudscheduler/job:Job"
    immutable = frozenset({"name", "project", "region"})
    mutable = frozenset(
        {
            "attemptDeadline",
            "deletionPolicy",
            "description",
            "httpTarget",
            "paused",
            "retryConfig",
            "schedule",
            "timeZone",
        }
    )
    local = frozenset({"deletionPolicy"})
    unsent = frozenset({"paused"})
    defaults = {"timeZone": "Etc/UTC"}
    assumed = {"httpTarget.httpMethod": "POST"}
    places = frozenset({"project", "region"})
    auto_name = AutoName("name", 500)
    parent = "projects/{project}/locations/{region}"
    kind = "jobs"
    rules = (
        matches("name", r"[a-zA-Z0-9_-]{1,500}", "letters, digits, hyphens and underscores only"),
        longest("description", 500),
        one_of("httpTarget.httpMethod", {"POST", "GET", "HEAD", "PUT", "DELETE", "PATCH"}),
    )

    def body(self, inputs: Properties) -> dict[str, Any]:
        return {**super().body(inputs), "name": self.template.format_map(inputs)}

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        resource_id = super().make(cloud, inputs)
        if inputs.get("paused"):
            cloud.call("POST", f"{self.address(resource_id)}:pause", body={})
        return resource_id

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {"paused": answer["state"] == "PAUSED"}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        super().change(cloud, resource_id, old, new, changed - {"paused"})
        if "paused" in changed and bool(old.get("paused")) != bool(new.get("paused")):
            verb = "pause" if new.get("paused") else "resume"
            cloud.call("POST", f"{self.address(resource_id)}:{verb}", body={})
