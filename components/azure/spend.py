"""Spending: a monthly budget that tells before the money is gone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_azure_native as azure


@dataclass(frozen=True, kw_only=True)
class SpendArgs:
    """The limit and who is told."""

    resource_group_id: pulumi.Input[str]
    monthly_usd: float
    alert_percents: Sequence[int]
    start_date: dt.date
    """First day of the month that the budget begins with."""
    action_group_id: pulumi.Input[str]
    emails: Sequence[str]
    platform_tag: str
    """Value of the tag ``platform``: only what carries it counts."""
    tags: Mapping[str, str]


class Spend(pulumi.ComponentResource):
    """A monthly budget of the stack's resource group, with alerts to the alarms' action group.

    It rings at each given share of what was spent, and when the forecast passes the limit. A
    budget counts in the subscription's currency.
    """

    budget_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: SpendArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Spend", name, None, opts)
        who = {"contact_emails": list(args.emails), "contact_groups": [args.action_group_id]}
        rules: dict[str, Any] = {
            f"spent-{percent}": {"threshold": percent, "threshold_type": "Actual"}
            for percent in args.alert_percents
        }
        rules["forecast-100"] = {"threshold": 100, "threshold_type": "Forecasted"}
        notifications: Any = {
            key: {"enabled": True, "operator": "GreaterThanOrEqualTo", **rule, **who}
            for key, rule in rules.items()
        }
        budget = azure.consumption.Budget(
            name,
            scope=args.resource_group_id,
            budget_name=name,
            amount=args.monthly_usd,
            category="Cost",
            time_grain="Monthly",
            time_period={"start_date": f"{args.start_date.isoformat()}T00:00:00Z"},
            filter={"tags": {"name": "platform", "operator": "In", "values": [args.platform_tag]}},
            notifications=notifications,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Azure takes no other start for a budget that exists, nor one in the past for a
                # new one: what the setting says later must not matter.
                ignore_changes=["timePeriod"],
            ),
        )
        self.budget_name = budget.name
        self.register_outputs({"budget_name": self.budget_name})
