"""Cloud Billing budgets: recorded; nothing here costs anything."""

from sandbox.gcp.context import Context
from sandbox.gcp.errors import invalid
from sandbox.gcp.recorded.collection import Collection
from sandbox.store import Record


def _check(_: Record | None, new: Record) -> None:
    amount = new.get("amount", {})
    if ("specifiedAmount" in amount) == ("lastPeriodAmount" in amount):
        raise invalid("A budget needs one of specifiedAmount and lastPeriodAmount.")
    for rule in new.get("thresholdRules", []):
        if float(rule.get("thresholdPercent", 0)) < 0:
            raise invalid("thresholdPercent must not be negative.")


def install(context: Context) -> None:
    """Budgets of a billing account, in both versions of the API."""
    for version in ("/v1", "/v1beta1"):
        Collection(
            context=context,
            version=version,
            parent="billingAccounts/{account}",
            name="budgets",
            check=_check,
            times=(None, None),
        )
