"""Spending: a monthly budget that tells before the money is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_gcp as gcp

from components.gcp.labels import labels_of

_MOST_CHANNELS: Final = 5


@dataclass(frozen=True, kw_only=True)
class SpendArgs:
    """The limit and who is told."""

    billing_account: str
    project_number: str
    monthly_usd: float
    alert_percents: Sequence[int]
    channel_names: Sequence[pulumi.Input[str]]
    platform_tag: str
    """Value of the label ``platform``: only what carries it counts."""
    tags: Mapping[str, str]


class Spend(pulumi.ComponentResource):
    """A monthly budget of what carries the stack's label, with alerts to the alarms' channels.

    It rings at each given share of what was spent, and when the forecast passes the limit. The
    billing account's administrators are told as well, as the cloud does by default.
    """

    budget_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: SpendArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Spend", name, None, opts)
        rules: list[Any] = [
            {"threshold_percent": percent / 100, "spend_basis": "CURRENT_SPEND"}
            for percent in args.alert_percents
        ]
        rules.append({"threshold_percent": 1.0, "spend_basis": "FORECASTED_SPEND"})
        platform = labels_of({"platform": args.platform_tag})
        channels = list(args.channel_names)[:_MOST_CHANNELS]
        units, nanos = divmod(round(args.monthly_usd * 100), 100)
        budget = gcp.billing.Budget(
            name,
            billing_account=args.billing_account,
            display_name=name,
            amount={
                "specified_amount": {
                    "currency_code": "USD",
                    "units": str(units),
                    "nanos": nanos * 10_000_000,
                }
            },
            budget_filter={
                "projects": [f"projects/{args.project_number}"],
                "labels": platform,
                "calendar_period": "MONTH",
            },
            threshold_rules=rules,
            all_updates_rule={"monitoring_notification_channels": channels} if channels else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.budget_name = budget.name
        self.register_outputs({"budget_name": self.budget_name})
