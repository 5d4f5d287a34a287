"""Budgets: updates, subscribers and tags, which moto lacks."""

import functools
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from moto.budgets.models import Budget, BudgetsBackend, Notification, budgets_backends

from sandbox.aws.answers import refused
from sandbox.aws.context import Call, Context, Refusal

_MOST_SUBSCRIBERS, _MOST_NOTIFICATIONS = 11, 10


class Budgets:
    """The operations; tags are kept in a table of the sandbox's state."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def _tags(self) -> dict[str, dict[str, str]]:
        return self._context.table("budget-tags")

    @staticmethod
    def _backend(call: Call) -> BudgetsBackend:
        return budgets_backends[call.account][call.response.partition]

    def _find(self, call: Call, name: str) -> Budget:
        budget = self._backend(call).budgets[call.params["AccountId"]].get(name)
        if budget is None:
            raise Refusal("NotFoundException", f"Unable to get budget: {name} - it doesn't exist.")
        return budget

    def _notification(self, call: Call) -> Notification:
        budget = self._find(call, call.params["BudgetName"])
        wanted = _key(call.params["Notification"])
        for notification in budget.notifications:
            if _key(notification.details) == wanted:
                return notification
        raise Refusal("NotFoundException", "the notification doesn't exist.")

    def create(self, call: Call) -> Any:
        given = call.params.get("NotificationsWithSubscribers") or []
        keys = [_key(each["Notification"]) for each in given]
        if len(keys) != len(set(keys)):
            raise Refusal("DuplicateRecordException", "a notification is given twice")
        if len(keys) > _MOST_NOTIFICATIONS:
            raise Refusal("CreationLimitExceededException", "a budget has at most 10 notifications")
        answer = call.original()
        if refused(answer):
            return answer
        self._tags[self._arn(call, call.params["Budget"]["BudgetName"])] = {
            each["Key"]: each["Value"] for each in call.params.get("ResourceTags") or []
        }
        return answer

    def delete(self, call: Call) -> Any:
        answer = call.original()
        if not refused(answer):
            self._tags.pop(self._arn(call, call.params["BudgetName"]), None)
        return answer

    def update(self, call: Call) -> None:
        """Replace the budget; its notifications stay. The period's start stays when not given."""
        new = deepcopy(call.params["NewBudget"])
        budget = self._find(call, new["BudgetName"])
        if not any(
            new.get(key) for key in ("BudgetLimit", "PlannedBudgetLimits", "AutoAdjustData")
        ):
            raise Refusal("InvalidParameterException", "Please provide Budget Limit")
        new["TimePeriod"] = {**budget.budget["TimePeriod"], **(new.get("TimePeriod") or {})}
        for side, moment in new["TimePeriod"].items():
            if isinstance(moment, datetime):
                new["TimePeriod"][side] = moment.timestamp()
        new["LastUpdatedTime"] = datetime.now(UTC).timestamp()
        budget.budget = new

    def notifications(self, call: Call) -> dict[str, object]:
        budget = self._find(call, call.params["BudgetName"])
        return {
            "Notifications": [
                {"NotificationState": "OK", "ThresholdType": "PERCENTAGE", **each.details}
                for each in budget.notifications
            ]
        }

    def update_notification(self, call: Call) -> None:
        renamed = {**call.params, "Notification": call.params["OldNotification"]}
        call.params.update(renamed)
        self._notification(call).details = call.params["NewNotification"]

    def subscribers(self, call: Call) -> dict[str, object]:
        return {"Subscribers": self._notification(call).subscribers}

    def create_subscriber(self, call: Call) -> None:
        subscribers = self._subscribers(call)
        if call.params["Subscriber"] in subscribers:
            raise Refusal("DuplicateRecordException", "the subscriber already exists.")
        if len(subscribers) >= _MOST_SUBSCRIBERS:
            raise Refusal("CreationLimitExceededException", "too many subscribers")
        subscribers.append(call.params["Subscriber"])

    def delete_subscriber(self, call: Call) -> None:
        subscribers = self._subscribers(call)
        if call.params["Subscriber"] not in subscribers:
            raise Refusal("NotFoundException", "the subscriber doesn't exist.")
        subscribers.remove(call.params["Subscriber"])

    def _subscribers(self, call: Call) -> list[dict[str, str]]:
        found: Any = self._notification(call).subscribers
        assert isinstance(found, list)
        return found

    @staticmethod
    def _arn(call: Call, name: str) -> str:
        return f"arn:{call.response.partition}:budgets::{call.params['AccountId']}:budget/{name}"

    def _tagged(self, call: Call) -> dict[str, str]:
        arn = call.params["ResourceARN"]
        if arn not in self._tags:
            raise Refusal("NotFoundException", f"{arn} doesn't exist.")
        return self._tags[arn]

    def list_tags(self, call: Call) -> dict[str, object]:
        pairs = self._tagged(call).items()
        return {"ResourceTags": [{"Key": key, "Value": value} for key, value in pairs]}

    def tag(self, call: Call) -> None:
        given = call.params["ResourceTags"]
        self._tagged(call).update({each["Key"]: each["Value"] for each in given})

    def untag(self, call: Call) -> None:
        for key in call.params["ResourceTagKeys"]:
            self._tagged(call).pop(key, None)


def _key(details: dict[str, Any]) -> tuple[str, str, float, str]:
    return (
        str(details["NotificationType"]),
        str(details["ComparisonOperator"]),
        float(details["Threshold"]),
        str(details.get("ThresholdType") or "PERCENTAGE"),
    )


def install(context: Context) -> None:
    """Plug the operations in."""
    budgets = Budgets(context)
    add = functools.partial(context.operation, "budgets")
    add("CreateBudget", budgets.create)
    add("UpdateBudget", budgets.update)
    add("DeleteBudget", budgets.delete)
    add("DescribeNotificationsForBudget", budgets.notifications)
    add("UpdateNotification", budgets.update_notification)
    add("DescribeSubscribersForNotification", budgets.subscribers)
    add("CreateSubscriber", budgets.create_subscriber)
    add("DeleteSubscriber", budgets.delete_subscriber)
    add("ListTagsForResource", budgets.list_tags)
    add("TagResource", budgets.tag)
    add("UntagResource", budgets.untag)
