"""``aws:guardduty/detectorFeature:DetectorFeature``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import enumerated


class DetectorFeature(AwsResource):
    """What a detector looks at; its id is ``detector/name``. A deletion leaves it as it is."""

    token = "aws:guardduty/detectorFeature:DetectorFeature"
    behaviour = "recorded"
    immutable = frozenset({"detectorId", "name", "region"})
    mutable = frozenset({"status"})
    rules = (
        enumerated("name", "guardduty", "DetectorFeature"),
        enumerated("status", "guardduty", "FeatureStatus"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        resource_id = f"{inputs['detectorId']}/{inputs['name']}"
        self._set(cloud, resource_id, str(inputs["status"]))
        return resource_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        detector, _, name = resource_id.partition("/")
        found = cloud.run("guardduty", "get_detector", DetectorId=detector)
        for feature in found.get("Features") or ():
            if feature.get("Name") == name:
                return {"detectorId": detector, "name": name, "status": feature.get("Status")}
        return None

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self._set(cloud, resource_id, str(new["status"]))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        """The real provider only forgets it."""

    @staticmethod
    def _set(cloud: Cloud, resource_id: str, status: str) -> None:
        detector, _, name = resource_id.partition("/")
        features = [{"Name": name, "Status": status}]
        cloud.run("guardduty", "update_detector", DetectorId=detector, Features=features)
