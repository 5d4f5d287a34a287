"""``aws:s3/bucketNotification:BucketNotification``."""

from collections.abc import Mapping
from typing import Any, Final

from plugin import UNKNOWN
from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource

_KINDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "lambdaFunctions": (
        "LambdaFunctionConfigurations",
        "lambdaFunctionArn",
        "LambdaFunctionArn",
    ),
    "queues": ("QueueConfigurations", "queueArn", "QueueArn"),
    "topics": ("TopicConfigurations", "topicArn", "TopicArn"),
}


_OWN: Final = "tf-s3-"
"""Begins the ids that the provider gives by itself."""


class BucketNotification(AwsResource):
    """Where a bucket's events go."""

    token = "aws:s3/bucketNotification:BucketNotification"
    immutable = frozenset({"bucket", "region"})
    mutable = frozenset({"eventbridge", "lambdaFunctions", "queues", "topics"})
    sets = frozenset({"events"})
    local = frozenset({"eventbridge"})
    defaults = {"eventbridge": False}

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        bucket = str(inputs["bucket"])
        configuration: dict[str, Any] = {
            member: [
                _to_wire(item, arn, api, f"{_OWN}{name}-{number}")
                for number, item in enumerate(inputs.get(name) or ())
            ]
            for name, (member, arn, api) in _KINDS.items()
        }
        if inputs.get("eventbridge"):
            configuration["EventBridgeConfiguration"] = {}
        cloud.run(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=bucket,
            NotificationConfiguration=configuration,
        )
        return bucket

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.make(cloud, new)

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.run("s3", "get_bucket_notification_configuration", Bucket=resource_id)
        found: dict[str, Any] = {
            name: [_from_wire(item, arn, api) for item in answer.get(member, ())]
            for name, (member, arn, api) in _KINDS.items()
        }
        # A switch that is on has no content, and not every answer keeps it.
        events = "EventBridgeConfiguration" in answer or bool(known.get("eventbridge"))
        if not events and not any(found.values()):
            return None
        return {"bucket": resource_id, "eventbridge": events, **found}

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=resource_id,
            NotificationConfiguration={},
        )


def _to_wire(item: Any, arn: str, member: str, default_id: str) -> dict[str, Any]:
    known = {key: value for key, value in item.items() if value is not UNKNOWN}
    filters = [
        {"Name": name, "Value": known[key]}
        for name, key in (("prefix", "filterPrefix"), ("suffix", "filterSuffix"))
        if known.get(key)
    ]
    result = {
        "Id": known.get("id") or default_id,
        "Events": known.get("events", []),
        member: known.get(arn, ""),
    }
    return {**result, **({"Filter": {"Key": {"FilterRules": filters}}} if filters else {})}


def _from_wire(item: Mapping[str, Any], arn: str, member: str) -> dict[str, Any]:
    filters = {
        rule["Name"].lower(): rule["Value"]
        for rule in item.get("Filter", {}).get("Key", {}).get("FilterRules", ())
    }
    found = {
        "id": None if str(item.get("Id", "")).startswith(_OWN) else item.get("Id"),
        "events": item.get("Events", []),
        arn: item.get(member),
        "filterPrefix": filters.get("prefix"),
        "filterSuffix": filters.get("suffix"),
    }
    return {key: value for key, value in found.items() if value}
