"""``gcp:logging/projectBucketConfig:ProjectBucketConfig``."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from plugin import Context, Difference
from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.rules import between

_GIVEN: Final = ("_Default", "_Required")


class ProjectBucketConfig(RestResource):
    """A bucket for log entries; the two that every project has are changed, not created."""

    token = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
    behaviour = "recorded"
    immutable = frozenset({"bucketId", "location", "project"})
    mutable = frozenset(
        {
            "cmekSettings",
            "deletionPolicy",
            "description",
            "enableAnalytics",
            "indexConfigs",
            "locked",
            "retentionDays",
        }
    )
    defaults = {"retentionDays": 30}
    unknown_until_created = frozenset({"description"})
    sets = frozenset({"indexConfigs"})
    names = {"enableAnalytics": "analyticsEnabled"}
    places = frozenset()
    version = "/v2"
    parent = "projects/{project}/locations/{location}"
    kind = "buckets"
    identified_by = "bucketId"
    id_parameter = "bucketId"
    short_names = False
    rules = (between("retentionDays", 0, 3650),)

    def body(self, inputs: Properties) -> dict[str, Any]:
        body = super().body(inputs)
        settings = body.get("cmekSettings")
        if settings:
            body["cmekSettings"] = {"kmsKeyName": settings.get("kmsKeyName")}
        return body

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        if inputs["bucketId"] not in _GIVEN:
            return super().make(cloud, _with_bare_project(inputs))
        resource_id = self.template.format_map(_with_bare_project(inputs))
        body = self.body(inputs)
        query = {"updateMask": ",".join(sorted(body))}
        cloud.call("PATCH", self.address(resource_id), query=query, body=body)
        return resource_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = super().find(cloud, resource_id, known)
        if found is None or found.get("lifecycleState") == "DELETE_REQUESTED":
            return None
        if known.get("project"):
            found["project"] = known["project"]
        return found

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        difference = super().diff(context, resource_id, old, new)
        # Log Analytics cannot be switched off, and keys can be changed but not taken away.
        stuck = {
            name
            for name in ("enableAnalytics", "cmekSettings")
            if name in difference.changed and old.get(name) and not new.get(name)
        }
        if not stuck:
            return difference
        return replace(difference, replaces=difference.replaces | stuck)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if outputs.get("bucketId") not in _GIVEN:
            super().remove(cloud, resource_id, outputs)


def _with_bare_project(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {**inputs, "project": str(inputs["project"]).removeprefix("projects/")}
