"""``gcp:logging/projectSink:ProjectSink``."""

from collections.abc import Mapping
from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import conflicting, matches


class ProjectSink(RestResource):
    """Where a project's log entries go; its writer needs a role there."""

    token = "gcp:logging/projectSink:ProjectSink"
    behaviour = "recorded"
    immutable = frozenset({"name", "project", "uniqueWriterIdentity"})
    mutable = frozenset(
        {
            "bigqueryOptions",
            "customWriterIdentity",
            "deletionPolicy",
            "description",
            "destination",
            "disabled",
            "exclusions",
            "filter",
        }
    )
    local = frozenset({"customWriterIdentity", "deletionPolicy", "uniqueWriterIdentity"})
    defaults = {"uniqueWriterIdentity": True}
    unknown_until_created = frozenset({"bigqueryOptions"})
    auto_name = AutoName("name", 100)
    version = "/v2"
    kind = "sinks"
    rules = (
        conflicting("customWriterIdentity", "uniqueWriterIdentity"),
        matches(
            "destination",
            r"(storage|bigquery|pubsub|logging)\.googleapis\.com/.+",
            "expected e.g. storage.googleapis.com/BUCKET or "
            "logging.googleapis.com/projects/P/locations/L/buckets/B",
        ),
        matches("name", r"[\w.-]{1,100}", "1 to 100 letters, digits and ._- are allowed"),
    )

    def query(self, inputs: Properties) -> Mapping[str, str | None]:
        unique = inputs.get("uniqueWriterIdentity")
        return {
            "customWriterIdentity": inputs.get("customWriterIdentity"),
            "uniqueWriterIdentity": "true" if unique else "false",
        }

    def patch(
        self,
        cloud: Cloud,
        resource_id: str,
        sent: dict[str, Any],
        paths: list[str],
        old: Properties,
    ) -> None:
        query = {"updateMask": ",".join(paths), "uniqueWriterIdentity": "true"}
        cloud.call("PATCH", self.address(resource_id), query=query, body=sent)
