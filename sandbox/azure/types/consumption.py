"""``Microsoft.Consumption``: budgets; nothing costs anything here."""

import datetime as dt

from sandbox.azure.errors import bad_request
from sandbox.azure.resource_type import Call, ResourceType


class Budgets(ResourceType):
    """Budgets of a resource group or a subscription, with thresholds."""

    type = "Microsoft.Consumption/budgets"
    scopes = frozenset({"group", "subscription"})
    name = (r"[\w-]{1,63}", "1 to 63 letters, digits, _ and -")
    provisions = False
    patchable = False
    required = (
        "properties.amount",
        "properties.category",
        "properties.timeGrain",
        "properties.timePeriod.startDate",
    )
    allowed = {
        "properties.category": frozenset({"Cost", "ReservationUtilization"}),
        "properties.timeGrain": frozenset(
            {"Annually", "BillingAnnual", "BillingMonth", "BillingQuarter", "Monthly", "Quarterly"}
        ),
    }
    immutable = ("properties.category",)

    def check(self, call: Call) -> None:
        text = str(call.properties["timePeriod"]["startDate"])
        try:
            start = dt.datetime.fromisoformat(text)
        except ValueError as error:
            raise bad_request(f"The start date '{text}' is no date.", "400") from error
        if start.day != 1:
            raise bad_request("The start date must be the first day of a month.", "400")
        before = (call.old or {}).get("properties", {}).get("timePeriod", {}).get("startDate")
        if before is not None and before != text:
            raise bad_request("The start date of a budget cannot be changed.", "400")
        now = dt.datetime.now(dt.UTC)
        if before is None and (start.year, start.month) < (now.year, now.month):
            raise bad_request("The start date must not be before the current month.", "400")
        for name, notification in (call.properties.get("notifications") or {}).items():
            threshold = notification.get("threshold")
            if not isinstance(threshold, int | float) or not 0 < threshold <= 1000:
                raise bad_request(
                    f"The threshold of '{name}' must be more than 0 and at most 1000.", "400"
                )
            if not any(
                notification.get(kind)
                for kind in ("contactEmails", "contactGroups", "contactRoles")
            ):
                raise bad_request(f"Notification '{name}' reaches nobody.", "400")
            notification.setdefault("thresholdType", "Actual")

    def complete(self, call: Call) -> None:
        call.new["eTag"] = call.new["_etag"]
        call.properties["currentSpend"] = {"amount": 0.0, "unit": "USD"}
        period = call.properties["timePeriod"]
        if not period.get("endDate"):
            start = dt.datetime.fromisoformat(str(period["startDate"]))
            # Ten years, unless the request says otherwise.
            end = start.replace(year=start.year + 10)
            period["endDate"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")


TYPES = (Budgets,)
