"""``aws:budgets/budget:Budget``."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import DEFAULT_REGION, Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.tagging import Tagging
from sandbox.aws.plugin.wire import from_wire, shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest, matches

_TIME: Final = "%Y-%m-%d_%H:%M"
_NEVER: Final = "2087-06-15_00:00"
_SUBSCRIBERS: Final = {"subscriberEmailAddresses": "EMAIL", "subscriberSnsTopicArns": "SNS"}

TAGGING = Tagging(
    service="budgets",
    list_operation="list_tags_for_resource",
    tag_operation="tag_resource",
    untag_operation="untag_resource",
    resource="ResourceARN",
    listed="ResourceTags",
    tags="ResourceTags",
    keys="ResourceTagKeys",
)


class Budget(AwsResource):
    """A budget with its notifications; its id is ``account:name``."""

    token = "aws:budgets/budget:Budget"
    behaviour = "recorded"
    auto_name = AutoName("name", 100)
    immutable = frozenset({"accountId", "name", "namePrefix"})
    mutable = frozenset(
        {
            "budgetType",
            "costFilters",
            "costTypes",
            "limitAmount",
            "limitUnit",
            "notifications",
            "tags",
            "timePeriodEnd",
            "timePeriodStart",
            "timeUnit",
        }
    )
    defaults = {"timePeriodEnd": _NEVER}
    sets = frozenset({"costFilters", "notifications", "values", *_SUBSCRIBERS})
    unknown_until_created = frozenset(
        {"accountId", "costFilters", "costTypes", "limitAmount", "limitUnit", "timePeriodStart"}
    )
    tagging = TAGGING
    rules = (
        longest("name", 100),
        matches("name", r"[^:\\]+", "must not hold : or \\"),
        enumerated("budgetType", "budgets", "BudgetType"),
        enumerated("timeUnit", "budgets", "TimeUnit"),
        enumerated("notifications[].comparisonOperator", "budgets", "ComparisonOperator"),
        enumerated("notifications[].notificationType", "budgets", "NotificationType"),
        enumerated("notifications[].thresholdType", "budgets", "ThresholdType"),
        matches("timePeriodStart", r"\d{4}-\d\d-\d\d_\d\d:\d\d", "YYYY-MM-DD_HH:MM"),
        matches("timePeriodEnd", r"\d{4}-\d\d-\d\d_\d\d:\d\d", "YYYY-MM-DD_HH:MM"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        account = str(inputs.get("accountId") or cloud.account)
        notifications = inputs.get("notifications") or ()
        _here(cloud).run(
            "budgets",
            "create_budget",
            AccountId=account,
            Budget=_budget(inputs),
            NotificationsWithSubscribers=[_notification(item) for item in notifications] or None,
            ResourceTags=TAGGING.packed(inputs["tags"]) if inputs.get("tags") else None,
        )
        return f"{account}:{inputs['name']}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        account, _, name = resource_id.partition(":")
        where = {"AccountId": account, "BudgetName": name}
        found = _here(cloud).run("budgets", "describe_budget", **where)["Budget"]
        limit = found.get("BudgetLimit") or {}
        period = found.get("TimePeriod") or {}
        types = self.schema.inputs["costTypes"].type.properties
        source = shape("budgets", "CostTypes")
        return {
            "accountId": account,
            "arn": cloud.arn("budgets", f"budget/{name}", regional=False),
            "budgetType": found["BudgetType"],
            "costFilters": [
                {"name": key, "values": values}
                for key, values in sorted((found.get("CostFilters") or {}).items())
            ],
            "costTypes": from_wire(found.get("CostTypes") or {}, types, source, {}),
            "limitAmount": _amount(limit.get("Amount"), known),
            "limitUnit": limit.get("Unit"),
            "name": name,
            "notifications": self._notifications(_here(cloud), where),
            "timePeriodEnd": _moment(period.get("End")) or _NEVER,
            "timePeriodStart": _moment(period.get("Start")),
            "timeUnit": found["TimeUnit"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        account, _, name = resource_id.partition(":")
        here = _here(cloud)
        if changed - {"notifications"}:
            here.run("budgets", "update_budget", AccountId=account, NewBudget=_budget(new))
        if "notifications" not in changed:
            return
        where = {"AccountId": account, "BudgetName": name}
        for item in old.get("notifications") or ():
            notification = _notification(item)["Notification"]
            here.run("budgets", "delete_notification", Notification=notification, **where)
        for item in new.get("notifications") or ():
            here.run("budgets", "create_notification", **where, **_notification(item))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        account, _, name = resource_id.partition(":")
        _here(cloud).run("budgets", "delete_budget", AccountId=account, BudgetName=name)

    @staticmethod
    def _notifications(cloud: Cloud, where: dict[str, str]) -> list[dict[str, Any]]:
        answer = cloud.run("budgets", "describe_notifications_for_budget", **where)
        result = []
        for found in answer.get("Notifications") or ():
            asked = {
                key: found[key]
                for key in shape("budgets", "Notification").members
                if key in found and key != "NotificationState"
            }
            listed = cloud.run(
                "budgets", "describe_subscribers_for_notification", Notification=asked, **where
            )
            told: dict[str, Any] = {
                "comparisonOperator": found["ComparisonOperator"],
                "notificationType": found["NotificationType"],
                "threshold": found["Threshold"],
                "thresholdType": found.get("ThresholdType", "PERCENTAGE"),
            }
            for name, kind in _SUBSCRIBERS.items():
                addresses = [
                    item["Address"]
                    for item in listed["Subscribers"]
                    if item["SubscriptionType"] == kind
                ]
                if addresses:
                    told[name] = addresses
            result.append(told)
        return result


def _here(cloud: Cloud) -> Cloud:
    """Budgets is one service for the whole account."""
    return Cloud(endpoint_url=cloud.endpoint_url, region=DEFAULT_REGION, context=cloud.context)


def _budget(inputs: Properties) -> dict[str, Any]:
    result: dict[str, Any] = {
        "BudgetName": inputs["name"],
        "BudgetType": inputs["budgetType"],
        "TimeUnit": inputs["timeUnit"],
    }
    if inputs.get("limitAmount"):
        unit = inputs.get("limitUnit", "USD")
        result["BudgetLimit"] = {"Amount": str(inputs["limitAmount"]), "Unit": unit}
    if inputs.get("costFilters"):
        result["CostFilters"] = {item["name"]: item["values"] for item in inputs["costFilters"]}
    if inputs.get("costTypes"):
        result["CostTypes"] = to_wire(inputs["costTypes"], shape("budgets", "CostTypes"), {})
    period = {
        member: _parsed(inputs[name])
        for name, member in (("timePeriodStart", "Start"), ("timePeriodEnd", "End"))
        if inputs.get(name)
    }
    return {**result, **({"TimePeriod": period} if period else {})}


def _notification(item: Mapping[str, Any]) -> dict[str, Any]:
    subscribers = [
        {"Address": address, "SubscriptionType": kind}
        for name, kind in _SUBSCRIBERS.items()
        for address in _addresses(item, name)
    ]
    return {
        "Notification": {
            "ComparisonOperator": item["comparisonOperator"],
            "NotificationType": item["notificationType"],
            "Threshold": float(item["threshold"]),
            "ThresholdType": item.get("thresholdType", "PERCENTAGE"),
        },
        "Subscribers": subscribers,
    }


def _addresses(item: Mapping[str, Any], name: str) -> Iterable[str]:
    return item.get(name) or ()


def _parsed(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, _TIME).replace(tzinfo=dt.UTC)


def _moment(value: Any) -> str | None:
    return value.astimezone(dt.UTC).strftime(_TIME) if isinstance(value, dt.datetime) else None


def _amount(found: Any, known: Properties) -> Any:
    """The amount in the words of the declaration: ``100`` and ``100.0`` are the same."""
    declared = known.get("limitAmount")
    try:
        return declared if declared and float(declared) == float(found) else found
    except (TypeError, ValueError):
        return found
