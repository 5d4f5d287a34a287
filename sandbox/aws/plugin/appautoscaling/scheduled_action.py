"""``aws:appautoscaling/scheduledAction:ScheduledAction``."""

import datetime as dt
from typing import Any, Final

from plugin.handler import Properties
from sandbox.aws.plugin.autoscaling_resource import WHERE, AutoScalingResource, place
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.wire import from_wire, shape
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import each, matches

_MOMENTS: Final = ("endTime", "startTime")


def _moment(text: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _moment_fault(value: Any) -> str | None:
    if _moment(value) is not None:
        return None
    return f"{value!r} is not a moment with its zone, such as 2030-01-31T12:00:00Z"


class ScheduledAction(AutoScalingResource):
    """A change of a target's limits at set times; its id is ``name-namespace-resource``."""

    token = "aws:appautoscaling/scheduledAction:ScheduledAction"
    auto_name = AutoName("name", 255)
    names = {"name": "ScheduledActionName"}
    create_operation = "PutScheduledAction"
    immutable = WHERE | {"name", "region"}
    mutable = frozenset({"endTime", "scalableTargetAction", "schedule", "startTime", "timezone"})
    defaults = {"timezone": "UTC"}
    rules = (
        enumerated("serviceNamespace", "application-autoscaling", "ServiceNamespace"),
        enumerated("scalableDimension", "application-autoscaling", "ScalableDimension"),
        *(each(name, _moment_fault) for name in _MOMENTS),
        matches("schedule", r"(at|rate|cron)\(.+\)", "at(…), rate(…) or cron(…)"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        self.call(cloud, self.create_operation, **self.request(inputs))
        return self._id(inputs)

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        name = known.get("name") or resource_id.rsplit("/", 1)[-1]
        answer = cloud.run(
            "application-autoscaling",
            "describe_scheduled_actions",
            ScheduledActionNames=[name],
            **place(known, resource_id),
        )
        for found in answer["ScheduledActions"]:
            source = shape("application-autoscaling", "ScheduledAction")
            wanted = {
                key: self.schema.inputs[key] for key in (self.immutable | self.mutable) - {"region"}
            }
            result = from_wire(found, wanted, source, self.names)
            for moment in _MOMENTS:
                # The cloud answers in UTC, whatever zone was said.
                if _moment(result.get(moment)) == _moment(known.get(moment)):
                    result[moment] = known.get(moment)
            return {
                **result,
                "arn": found["ScheduledActionARN"],
                "timezone": result.get("timezone") or "UTC",
            }
        return None

    def id_of(self, resource_id: str, found: Properties) -> str:
        return self._id(found)

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.call(cloud, self.create_operation, **self.request(new))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        where = place(outputs, resource_id)
        name = outputs["name"]
        cloud.run(
            "application-autoscaling", "delete_scheduled_action", ScheduledActionName=name, **where
        )

    @staticmethod
    def _id(known: Properties) -> str:
        return f"{known['name']}-{known['serviceNamespace']}-{known['resourceId']}"
