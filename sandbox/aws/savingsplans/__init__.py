"""Savings Plans, which moto lacks: recorded, and nothing is paid or cheaper.

An offering says product, term and way of paying; here every id is one of SageMaker for a year.
"""

import functools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.aws.context import Call, Context, Refusal

_TERM = timedelta(days=365)


class SavingsPlans:
    """The operations; the plans are in a table of the sandbox's state."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def _plans(self) -> dict[str, dict[str, Any]]:
        return self._context.table("savings-plans")

    def create(self, call: Call) -> dict[str, object]:
        """Bought now, or queued until its time."""
        params = call.params
        if float(params["commitment"]) <= 0:
            raise Refusal("ValidationException", "The commitment must be above 0.")
        now = datetime.now(UTC)
        start = _moment(params.get("purchaseTime")) or now
        if start < now - timedelta(minutes=1):
            raise Refusal("ValidationException", "The purchase time must be in the future.")
        identifier = str(uuid.uuid4())
        self._plans[identifier] = {
            "offeringId": params["savingsPlanOfferingId"],
            "savingsPlanId": identifier,
            "savingsPlanArn": f"arn:aws:savingsplans::{call.account}:savingsplan/{identifier}",
            "description": "1 year SageMaker Savings Plan",
            "start": _text(start),
            "end": _text(start + _TERM - timedelta(seconds=1)),
            "savingsPlanType": "SageMaker",
            "paymentOption": (
                "Partial Upfront" if params.get("upfrontPaymentAmount") else "No Upfront"
            ),
            "productTypes": ["SageMaker"],
            "currency": "USD",
            "commitment": params["commitment"],
            "upfrontPaymentAmount": params.get("upfrontPaymentAmount") or "0.0",
            "recurringPaymentAmount": params["commitment"],
            "termDurationInSeconds": int(_TERM.total_seconds()),
            "tags": dict(params.get("tags") or {}),
        }
        self._context.changed()
        return {"savingsPlanId": identifier}

    def describe(self, call: Call) -> dict[str, object]:
        ids, states = call.params.get("savingsPlanIds"), call.params.get("states")
        arns = call.params.get("savingsPlanArns")
        found = [
            {**plan, "state": _state(plan)}
            for plan in self._plans.values()
            if (not ids or plan["savingsPlanId"] in ids)
            and (not arns or plan["savingsPlanArn"] in arns)
            and (not states or _state(plan) in states)
        ]
        return {"savingsPlans": found}

    def delete_queued(self, call: Call) -> dict[str, object]:
        """Only what was not bought yet can go."""
        plan = self._plans.get(call.params["savingsPlanId"])
        if plan is None:
            raise Refusal("ResourceNotFoundException", "The Savings Plan does not exist.")
        if _state(plan) != "queued":
            raise Refusal("ValidationException", "Only a queued Savings Plan can be deleted.")
        del self._plans[call.params["savingsPlanId"]]
        self._context.changed()
        return {}

    def _tagged(self, call: Call) -> dict[str, str]:
        identifier = str(call.params["resourceArn"]).rsplit("/", 1)[-1]
        plan = self._plans.get(identifier)
        if plan is None:
            raise Refusal("ResourceNotFoundException", "The Savings Plan does not exist.")
        tags: dict[str, str] = plan["tags"]
        return tags

    def list_tags(self, call: Call) -> dict[str, object]:
        return {"tags": dict(self._tagged(call))}

    def tag(self, call: Call) -> dict[str, object]:
        self._tagged(call).update(call.params["tags"])
        self._context.changed()
        return {}

    def untag(self, call: Call) -> dict[str, object]:
        for key in call.params["tagKeys"]:
            self._tagged(call).pop(key, None)
        self._context.changed()
        return {}


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _state(plan: dict[str, Any]) -> str:
    now = _text(datetime.now(UTC))
    if now < plan["start"]:
        return "queued"
    return "active" if now <= plan["end"] else "retired"


def install(context: Context) -> None:
    """Plug the operations in."""
    plans = SavingsPlans(context)
    add = functools.partial(context.operation, "savingsplans")
    add("CreateSavingsPlan", plans.create)
    add("DescribeSavingsPlans", plans.describe)
    add("DeleteQueuedSavingsPlan", plans.delete_queued)
    add("ListTagsForResource", plans.list_tags)
    add("TagResource", plans.tag)
    add("UntagResource", plans.untag)
