"""``gcp:billing/budget:Budget``."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugin import UNKNOWN, CheckFailure
from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.rules import matches, one_of


def _amount(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
    amount = inputs.get("amount")
    if amount is UNKNOWN or not isinstance(amount, Mapping):
        return
    given = [name for name in ("specifiedAmount", "lastPeriodAmount") if amount.get(name)]
    if len(given) != 1:
        reason = "exactly one of specifiedAmount, lastPeriodAmount is needed"
        yield CheckFailure(property="amount", reason=reason)


class Budget(RestResource):
    """What may be spent before somebody is told; nothing here costs anything."""

    token = "gcp:billing/budget:Budget"
    behaviour = "recorded"
    immutable = frozenset({"billingAccount"})
    mutable = frozenset(
        {
            "allUpdatesRule",
            "amount",
            "budgetFilter",
            "deletionPolicy",
            "displayName",
            "ownershipScope",
            "thresholdRules",
        }
    )
    local = frozenset({"deletionPolicy"})
    unknown_until_created = frozenset({"budgetFilter"})
    sets = frozenset({"projects", "resourceAncestors"})
    assumed = {
        "allUpdatesRule.schemaVersion": "1.0",
        "budgetFilter.creditTypesTreatment": "INCLUDE_ALL_CREDITS",
        "thresholdRules[].spendBasis": "CURRENT_SPEND",
    }
    places = frozenset()
    parent = "billingAccounts/{billingAccount}"
    kind = "budgets"
    identified_by = ""
    names = {"allUpdatesRule": "notificationsRule"}
    rules = (
        _amount,
        matches(
            "billingAccount",
            r"[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{6}",
            "expected 012345-ABCDEF-678901",
        ),
        one_of("thresholdRules[].spendBasis", {"CURRENT_SPEND", "FORECASTED_SPEND"}),
        one_of(
            "budgetFilter.creditTypesTreatment",
            {"INCLUDE_ALL_CREDITS", "EXCLUDE_ALL_CREDITS", "INCLUDE_SPECIFIED_CREDITS"},
        ),
        one_of("budgetFilter.calendarPeriod", {"MONTH", "QUARTER", "YEAR"}),
    )

    def body(self, inputs: Properties) -> dict[str, Any]:
        body = super().body(inputs)
        if body.get("amount", {}).get("lastPeriodAmount"):
            body["amount"] = {"lastPeriodAmount": {}}
        labels = body.get("budgetFilter", {}).get("labels")
        if labels:
            body["budgetFilter"]["labels"] = {key: [text] for key, text in labels.items()}
        return body

    def properties(self, answer: dict[str, Any]) -> dict[str, Any]:
        found = super().properties(answer)
        if "lastPeriodAmount" in answer.get("amount", {}):
            found["amount"] = {"lastPeriodAmount": True}
        labels = (answer.get("budgetFilter") or {}).get("labels")
        if labels:
            found["budgetFilter"]["labels"] = {key: texts[0] for key, texts in labels.items()}
        return found

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {"name": resource_id.rsplit("/", 1)[-1]}
