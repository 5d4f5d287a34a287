"""``aws:cloudwatch/compositeAlarm:CompositeAlarm``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.alarm_resource import ACTIONS, AlarmResource
from sandbox.aws.plugin.cloud import Cloud
from sandbox.plugins.rules import longest

_SUPPRESSOR = {
    "alarm": "ActionsSuppressor",
    "extensionPeriod": "ActionsSuppressorExtensionPeriod",
    "waitPeriod": "ActionsSuppressorWaitPeriod",
}


class CompositeAlarm(AlarmResource):
    """An alarm over the states of others."""

    token = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    alarm_type = "CompositeAlarm"
    create_operation = "PutCompositeAlarm"
    identified_by = "alarmName"
    immutable = frozenset({"actionsEnabled", "alarmName", "region"})
    mutable = ACTIONS | {"actionsSuppressor", "alarmDescription", "alarmRule", "tags"}
    defaults = {"actionsEnabled": True}
    rules = (
        longest("alarmName", 255),
        longest("alarmDescription", 1024),
        longest("alarmRule", 10_240),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        suppressor = inputs.get("actionsSuppressor")
        others = {name: value for name, value in inputs.items() if name != "actionsSuppressor"}
        parameters = super().request(others)
        if isinstance(suppressor, dict):
            parameters |= {_SUPPRESSOR[name]: value for name, value in suppressor.items()}
        return parameters

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.run(
            "cloudwatch", "describe_alarms", AlarmNames=[resource_id], AlarmTypes=["CompositeAlarm"]
        )
        for found in answer.get("CompositeAlarms") or ():
            suppressor = {n: found[m] for n, m in _SUPPRESSOR.items() if found.get(m)}
            return {
                "actionsEnabled": found.get("ActionsEnabled"),
                "actionsSuppressor": suppressor or None,
                "alarmActions": found.get("AlarmActions"),
                "alarmDescription": found.get("AlarmDescription"),
                "alarmName": found["AlarmName"],
                "alarmRule": found["AlarmRule"],
                "arn": found["AlarmArn"],
                "insufficientDataActions": found.get("InsufficientDataActions"),
                "okActions": found.get("OKActions"),
            }
        return None
