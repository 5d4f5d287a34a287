"""``aws:guardduty/detector:Detector``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.tagging import Tagging


class Detector(AwsResource):
    """The account's GuardDuty in a region; it finds nothing here."""

    token = "aws:guardduty/detector:Detector"
    behaviour = "recorded"
    immutable = frozenset({"region"})
    mutable = frozenset({"enable", "findingPublishingFrequency", "tags"})
    instead = {"datasources": "aws:guardduty/detectorFeature:DetectorFeature"}
    defaults = {"enable": True}
    unknown_until_created = frozenset({"findingPublishingFrequency"})
    tagging = Tagging(
        service="guardduty",
        list_operation="list_tags_for_resource",
        tag_operation="tag_resource",
        untag_operation="untag_resource",
        resource="ResourceArn",
        key="",
    )
    rules = (enumerated("findingPublishingFrequency", "guardduty", "FindingPublishingFrequency"),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "guardduty",
            "create_detector",
            Enable=bool(inputs["enable"]),
            FindingPublishingFrequency=inputs.get("findingPublishingFrequency"),
            Tags=dict(inputs["tags"]) if inputs.get("tags") else None,
        )
        return str(answer["DetectorId"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run("guardduty", "get_detector", DetectorId=resource_id)
        return {
            "accountId": cloud.account,
            "arn": f"arn:aws:guardduty:{cloud.region}:{cloud.account}:detector/{resource_id}",
            "enable": found.get("Status") == "ENABLED",
            "findingPublishingFrequency": found.get("FindingPublishingFrequency"),
            "tags": found.get("Tags") or {},
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        cloud.run(
            "guardduty",
            "update_detector",
            DetectorId=resource_id,
            Enable=bool(new["enable"]),
            FindingPublishingFrequency=new.get("findingPublishingFrequency"),
        )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("guardduty", "delete_detector", DetectorId=resource_id)
