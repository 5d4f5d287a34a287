"""``gcp:storage/bucket:Bucket``."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from plugin import Context, Difference
from plugin.handler import Properties, ResourceFailedError
from sandbox.gcp.plugin import labels
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.gcp.plugin.storage_wire import merge_patch, rules_from_wire, rules_to_wire
from sandbox.gcp.plugin.wire import from_wire, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import each, longest, one_of

_NAMES: Final[Mapping[str, str]] = {
    "cors": "cors",
    "BucketCorArgs.methods": "method",
    "BucketCorArgs.origins": "origin",
    "BucketCorArgs.responseHeaders": "responseHeader",
    "lifecycleRules": "lifecycle.rule",
    "publicAccessPrevention": "iamConfiguration.publicAccessPrevention",
    "requesterPays": "billing.requesterPays",
    "uniformBucketLevelAccess": "iamConfiguration.uniformBucketLevelAccess.enabled",
}
_CLASSES: Final = {
    "STANDARD",
    "MULTI_REGIONAL",
    "REGIONAL",
    "NEARLINE",
    "COLDLINE",
    "ARCHIVE",
}


def _name_fault(name: Any) -> str | None:
    # https://cloud.google.com/storage/docs/buckets#naming
    text = str(name)
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", text):
        return (
            f"bucket name {text!r} must have 3 to 63 lower-case letters, digits, hyphens, "
            "underscores and dots (222 with dots), and start and end with a letter or digit"
        )
    if any(len(part) > 63 for part in text.split(".")):
        return f"bucket name {text!r}: no part between dots may have more than 63 characters"
    if text.startswith("goog") or "google" in text:
        return f"bucket name {text!r} must not start with goog or contain google"
    return None


class Bucket(GcpResource):
    """A bucket with all its settings; ``forceDestroy`` empties it before it is deleted."""

    token = "gcp:storage/bucket:Bucket"
    auto_name = AutoName("name", 222)
    immutable = frozenset(
        {
            "customPlacementConfig",
            "enableObjectRetention",
            "hierarchicalNamespace",
            "location",
            "name",
            "project",
        }
    )
    mutable = frozenset(
        {
            "autoclass",
            "cors",
            "defaultEventBasedHold",
            "deletionPolicy",
            "encryption",
            "forceDestroy",
            "labels",
            "lifecycleRules",
            "logging",
            "publicAccessPrevention",
            "requesterPays",
            "retentionPolicy",
            "rpo",
            "softDeletePolicy",
            "storageClass",
            "uniformBucketLevelAccess",
            "versioning",
            "website",
        }
    )
    local = frozenset({"deletionPolicy", "forceDestroy"})
    defaults = {"forceDestroy": False, "storageClass": "STANDARD"}
    unknown_until_created = frozenset(
        {
            "logging",
            "publicAccessPrevention",
            "rpo",
            "softDeletePolicy",
            "uniformBucketLevelAccess",
            "versioning",
            "website",
        }
    )
    chosen_by_cloud = ("softDeletePolicy.effectiveTime",)
    labelled = True
    rules = (
        each("name", _name_fault),
        longest("location", 40),
        one_of("storageClass", _CLASSES),
        one_of("publicAccessPrevention", {"inherited", "enforced"}),
        one_of("rpo", {"DEFAULT", "ASYNC_TURBO"}),
        one_of(
            "lifecycleRules[].action.type",
            {"Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"},
        ),
        one_of("lifecycleRules[].condition.withState", {"LIVE", "ARCHIVED", "ANY"}),
    )

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        # A location is kept in capitals, and a policy that is locked cannot be unlocked.
        difference = super().diff(context, resource_id, _capital(old), _capital(new))
        before, after = old.get("retentionPolicy") or {}, new.get("retentionPolicy") or {}
        if not before.get("isLocked") or after.get("isLocked"):
            return difference
        unlocked = {path for path in difference.changed if path.startswith("retentionPolicy")}
        return replace(difference, replaces=difference.replaces | unlocked)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        body = self._body(inputs, labels.effective(cloud.labels, {}, inputs))
        query = {
            "project": str(inputs["project"]),
            "enableObjectRetention": "true" if inputs.get("enableObjectRetention") else None,
        }
        cloud.call("POST", "/storage/v1/b", query=query, body=body)
        self._lock(cloud, str(inputs["name"]), inputs)
        return str(inputs["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        if "/" in resource_id:
            # An import may name the project as well.
            resource_id = resource_id.rsplit("/", 1)[-1]
        answer = cloud.call("GET", _path(resource_id))
        hidden = self.local | {"enableObjectRetention", "lifecycleRules", "project"}
        wanted = {name: item for name, item in self.schema.outputs.items() if name not in hidden}
        found = from_wire(answer, wanted, _NAMES)
        number = str(answer["projectNumber"])
        project = known.get("project") or cloud.call("GET", f"/v1/projects/{number}")["projectId"]
        return {
            **found,
            "enableObjectRetention": bool(answer.get("objectRetention")),
            "lifecycleRules": rules_from_wire(
                answer, self.schema.inputs["lifecycleRules"], known.get("lifecycleRules")
            ),
            "location": _as_said(answer["location"], known.get("location")),
            "name": resource_id,
            "project": project,
            "projectNumber": int(number),
            "url": f"gs://{resource_id}",
        }

    def id_of(self, resource_id: str, found: Properties) -> str:
        return str(found["name"])

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        wanted = {"labels" if name == "pulumiLabels" else name for name in changed} - self.local
        if not wanted:
            return
        now = labels.effective(cloud.labels, old, new)
        sent = self._body({name: item for name, item in new.items() if name in wanted}, now)
        was = {name: item for name, item in old.items() if name in wanted}
        before = self._body(was, old.get("effectiveLabels") or {})
        if "labels" not in wanted:
            sent.pop("labels", None)
            before.pop("labels", None)
        patch = merge_patch(before, sent)
        if patch:
            cloud.call("PATCH", _path(resource_id), body=patch)
        if "retentionPolicy" in wanted:
            self._lock(cloud, resource_id, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if outputs.get("forceDestroy"):
            _empty(cloud, resource_id)
        cloud.call("DELETE", _path(resource_id))

    def _body(self, inputs: Properties, all_labels: Mapping[str, str]) -> dict[str, Any]:
        hidden = self.local | {"enableObjectRetention", "labels", "lifecycleRules", "project"}
        sent = {name: value for name, value in inputs.items() if name not in hidden}
        body = to_wire(sent, self.schema.inputs, _NAMES)
        # Locking is a call of its own; when it began to hold only the cloud says.
        body.get("retentionPolicy", {}).pop("isLocked", None)
        body.get("softDeletePolicy", {}).pop("effectiveTime", None)
        if inputs.get("lifecycleRules") is not None:
            body["lifecycle"] = {"rule": rules_to_wire(inputs["lifecycleRules"])}
        if all_labels:
            body["labels"] = dict(all_labels)
        return body

    @staticmethod
    def _lock(cloud: Cloud, name: str, inputs: Properties) -> None:
        if not (inputs.get("retentionPolicy") or {}).get("isLocked"):
            return
        answer = cloud.call("GET", _path(name))
        if not answer["retentionPolicy"].get("isLocked"):
            query = {"ifMetagenerationMatch": str(answer["metageneration"])}
            cloud.call("POST", f"{_path(name)}/lockRetentionPolicy", query=query)


def _path(bucket: str) -> str:
    return f"/storage/v1/b/{bucket}"


def _capital(properties: Properties) -> dict[str, Any]:
    location = properties.get("location")
    if not isinstance(location, str):
        return dict(properties)
    return {**properties, "location": location.upper()}


def _as_said(found: str, declared: Any) -> str:
    if isinstance(declared, str) and declared.upper() == found:
        return declared
    return found


def _empty(cloud: Cloud, bucket: str) -> None:
    """Deletes every generation of every object."""
    token: str | None = None
    while True:
        query = {"versions": "true", "pageToken": token}
        page = cloud.call("GET", f"{_path(bucket)}/o", query=query)
        for item in page.get("items", []):
            name = quote(str(item["name"]), safe="")
            query = {"generation": str(item["generation"])}
            if item.get("temporaryHold") or item.get("eventBasedHold"):
                raise ResourceFailedError(
                    f"bucket {bucket!r} cannot be emptied: object {item['name']!r} is held"
                )
            cloud.call("DELETE", f"{_path(bucket)}/o/{name}", query=query)
        token = page.get("nextPageToken")
        if not token:
            return
