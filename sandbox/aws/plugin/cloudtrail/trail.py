"""``aws:cloudtrail/trail:Trail``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.api_resource import ApiResource
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.tagging import Tagging, unpaired
from sandbox.aws.plugin.wire import from_wire, shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import matches

_SELECTORS = {
    "advancedEventSelectors": ("AdvancedEventSelectors", "AdvancedEventSelector"),
    "eventSelectors": ("EventSelectors", "EventSelector"),
}
_APART = frozenset({*_SELECTORS, "enableLogging", "insightSelectors"})


class TrailTagging(Tagging):
    """CloudTrail takes tags, not keys, to remove, and lists those of several resources."""

    def read(self, cloud: Cloud, resource: str) -> dict[str, str]:
        answer = cloud.run("cloudtrail", "list_tags", ResourceIdList=[resource])
        listed = answer.get("ResourceTagList") or [{}]
        return unpaired(listed[0].get("TagsList"))

    def change(self, cloud: Cloud, resource: str, old: Any, new: Any) -> None:
        removed = {key: value for key, value in old.items() if key not in new}
        added = {key: value for key, value in new.items() if old.get(key) != value}
        for operation, tags in (("remove_tags", removed), ("add_tags", added)):
            if tags:
                packed = self.packed(tags)
                cloud.run("cloudtrail", operation, ResourceId=resource, TagsList=packed)


TAGGING = TrailTagging(
    service="cloudtrail",
    list_operation="list_tags",
    tag_operation="add_tags",
    untag_operation="remove_tags",
    resource="ResourceId",
)


class Trail(ApiResource):
    """A record of what is done in the account; its id is its ARN."""

    token = "aws:cloudtrail/trail:Trail"
    behaviour = "recorded"
    service = "cloudtrail"
    auto_name = AutoName("name", 128)
    names = {"cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn"}
    create_operation = "CreateTrail"
    update_operation = "UpdateTrail"
    identity = "Name"
    local = frozenset({"insightSelectors"})
    immutable = frozenset({"name", "region"})
    mutable = _APART | {
        "cloudWatchLogsGroupArn",
        "cloudWatchLogsRoleArn",
        "enableLogFileValidation",
        "includeGlobalServiceEvents",
        "isMultiRegionTrail",
        "isOrganizationTrail",
        "kmsKeyId",
        "s3BucketName",
        "s3KeyPrefix",
        "snsTopicName",
        "tags",
    }
    defaults = {
        "enableLogFileValidation": False,
        "enableLogging": True,
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": False,
        "isOrganizationTrail": False,
    }
    assumed = {
        "eventSelectors[].includeManagementEvents": True,
        "eventSelectors[].readWriteType": "All",
    }
    tagging = TAGGING
    rules = (
        matches("name", r"[a-zA-Z0-9][a-zA-Z0-9._-]{2,127}", "3 to 128 letters, digits, . _ -"),
        enumerated("eventSelectors[].readWriteType", "cloudtrail", "ReadWriteType"),
    )

    def wired(self, inputs: Properties, operation: str, wrapper: str = "") -> dict[str, Any]:
        sent = {name: value for name, value in inputs.items() if name not in _APART}
        return super().wired(sent, operation, wrapper)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        tags = TAGGING.packed(inputs["tags"]) if inputs.get("tags") else None
        answer = self.call(cloud, "CreateTrail", **self.request(inputs), TagsList=tags)
        arn = str(answer["TrailARN"])
        self._steer(cloud, arn, inputs, {name for name in _APART if inputs.get(name)})
        return arn

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = self.call(cloud, "GetTrail", Name=resource_id)["Trail"]
        plain = {name: self.schema.inputs[name] for name in self.mutable - _APART - {"tags"}}
        result = from_wire(found, plain, shape("cloudtrail", "Trail"), self.names)
        result["enableLogFileValidation"] = bool(found.get("LogFileValidationEnabled"))
        events = self.call(cloud, "GetEventSelectors", TrailName=resource_id)
        status = self.call(cloud, "GetTrailStatus", Name=resource_id)
        for name in known.keys() & _SELECTORS.keys() or _own_selectors(events):
            wanted = {name: self.schema.inputs[name]}
            source = shape("cloudtrail", "GetEventSelectorsResponse")
            result |= from_wire(events, wanted, source, self.names)
        return {
            **result,
            "arn": found["TrailARN"],
            "enableLogging": bool(status.get("IsLogging")),
            "homeRegion": found.get("HomeRegion"),
            "name": found["Name"],
            "snsTopicArn": found.get("SnsTopicARN"),
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if changed - _APART:
            super().change(cloud, resource_id, old, new, changed)
        self._steer(cloud, resource_id, new, changed)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        self.call(cloud, "DeleteTrail", Name=resource_id)

    def _steer(self, cloud: Cloud, arn: str, inputs: Properties, changed: set[str]) -> None:
        if "enableLogging" in changed:
            operation = "StartLogging" if inputs.get("enableLogging") else "StopLogging"
            self.call(cloud, operation, Name=arn)
        for name in sorted(changed & set(_SELECTORS)):
            member, kind = _SELECTORS[name]
            target = shape("cloudtrail", kind)
            given = [to_wire(item, target, self.names) for item in inputs.get(name) or ()]
            self.call(cloud, "PutEventSelectors", TrailName=arn, **{member: given})
        if "insightSelectors" in changed:
            given = [
                {"InsightType": item["insightType"]}
                for item in inputs.get("insightSelectors") or ()
            ]
            self.call(cloud, "PutInsightSelectors", TrailName=arn, InsightSelectors=given)


def _own_selectors(events: dict[str, Any]) -> set[str]:
    """The selectors that someone set: a new trail's own records management events only."""
    plain = all(not item.get("DataResources") for item in events.get("EventSelectors") or ())
    advanced = {"advancedEventSelectors"} if events.get("AdvancedEventSelectors") else set()
    return advanced | (set() if plain else {"eventSelectors"})
