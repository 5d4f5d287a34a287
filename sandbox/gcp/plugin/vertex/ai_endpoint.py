"""``gcp:vertex/aiEndpoint:AiEndpoint``."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from plugin import UNKNOWN, CheckFailure, Context, Difference
from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import conflicting, each, longest


def _split_fault(text: Any) -> str | None:
    try:
        split = json.loads(text)
    except ValueError as error:
        return f"contains invalid JSON: {error}"
    if not isinstance(split, dict):
        return "expected a JSON object of deployed models' ids to percentages"
    total = sum(int(part) for part in split.values())
    return None if total in (0, 100) else f"the percentages must add up to 100, not {total}"


def _one_region(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
    region, location = inputs.get("region"), inputs.get("location")
    if region is None or UNKNOWN in (region, location) or region == location:
        return
    reason = f"{region!r} is not the location, {location!r}"
    yield CheckFailure(property="region", reason=reason)


class AiEndpoint(RestResource):
    """An endpoint that models are deployed to; deploying is not a matter of this resource.

    A deployment changes ``trafficSplit``: programs that set it ignore its changes.
    """

    token = "gcp:vertex/aiEndpoint:AiEndpoint"
    immutable = frozenset(
        {
            "dedicatedEndpointEnabled",
            "encryptionSpec",
            "location",
            "name",
            "network",
            "predictRequestResponseLoggingConfig",
            "privateServiceConnectConfig",
            "project",
            "region",
        }
    )
    mutable = frozenset({"deletionPolicy", "description", "displayName", "labels", "trafficSplit"})
    local = frozenset({"deletionPolicy", "region"})
    unknown_until_created = frozenset({"trafficSplit"})
    volatile = frozenset({"etag", "updateTime"})
    labelled = True
    auto_name = AutoName("name", 255)
    parent = "projects/{project}/locations/{location}"
    kind = "endpoints"
    id_parameter = "endpointId"
    operations = True
    names = {"projectAllowlists": "projectAllowlist"}
    unsent = frozenset({"trafficSplit"})
    rules = (
        _one_region,
        conflicting("network", "privateServiceConnectConfig"),
        each("trafficSplit", _split_fault),
        longest("displayName", 128),
    )

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        return super().diff(context, resource_id, _with_region(old), _with_region(new))

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        split = answer.get("trafficSplit")
        return {"trafficSplit": json.dumps(split) if split else None}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if "trafficSplit" in changed:
            split = json.loads(new.get("trafficSplit") or "{}")
            body = {"trafficSplit": split}
            query = {"updateMask": "trafficSplit"}
            cloud.call("PATCH", self.address(resource_id), query=query, body=body)
        super().change(cloud, resource_id, old, new, changed - {"trafficSplit"})

    def patch(
        self,
        cloud: Cloud,
        resource_id: str,
        sent: dict[str, Any],
        paths: list[str],
        old: Properties,
    ) -> None:
        # This one method is no long-running operation.
        query = {"updateMask": ",".join(paths)}
        cloud.call("PATCH", self.address(resource_id), query=query, body=sent)


def _with_region(properties: Properties) -> dict[str, Any]:
    """The region is the location whether a program says so or not."""
    return {**properties, "region": properties.get("region") or properties.get("location")}
