"""What alarms share: put, described by name, tagged by ARN."""

from typing import Any, ClassVar

from plugin.handler import Properties
from sandbox.aws.plugin.api_resource import ApiResource
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.tagging import Tagging
from sandbox.aws.plugin.wire import from_wire, shape

TAGGING = Tagging(
    service="cloudwatch",
    list_operation="list_tags_for_resource",
    tag_operation="tag_resource",
    untag_operation="untag_resource",
    resource="ResourceARN",
)
ACTIONS = frozenset({"alarmActions", "insufficientDataActions", "okActions"})


class AlarmResource(ApiResource):
    """An alarm of either kind."""

    service = "cloudwatch"
    identity = "AlarmName"
    alarm_type: ClassVar[str]
    """``MetricAlarm`` or ``CompositeAlarm``, as the API calls it."""
    tagging = TAGGING
    sets = ACTIONS

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.run(
            "cloudwatch", "describe_alarms", AlarmNames=[resource_id], AlarmTypes=[self.alarm_type]
        )
        for found in answer.get(f"{self.alarm_type}s") or ():
            wanted = {
                name: self.schema.inputs[name]
                for name in (self.immutable | self.mutable) - {"region", "tags"}
            }
            source = shape("cloudwatch", self.alarm_type)
            result = from_wire(found, wanted, source, self.names)
            return {**result, "arn": found["AlarmArn"], **self.more(cloud, resource_id, found)}
        return None

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.call(cloud, self.create_operation, **self.request(new))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("cloudwatch", "delete_alarms", AlarmNames=[resource_id])
