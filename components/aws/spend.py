"""Spending: a monthly budget that tells before the money is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class SpendArgs:
    """The limit and who is told."""

    monthly_usd: float
    alert_percents: Sequence[int]
    topic_arn: pulumi.Input[str]
    platform_tag: str
    """Value of the tag ``platform``: only what carries it counts."""
    tags: Mapping[str, str]


class Spend(pulumi.ComponentResource):
    """A monthly cost budget of what carries the stack's tag, with alerts on the alarms' topic.

    It rings at each given share of what was spent, and when the forecast passes the limit. The tag
    ``platform`` must be activated once as a cost allocation tag in the account's billing settings:
    the cloud offers no way to do that before the tag was used.
    """

    budget_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: SpendArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Spend", name, None, opts)
        alerts = [("ACTUAL", percent) for percent in args.alert_percents]
        alerts.append(("FORECASTED", 100))
        budget = aws.budgets.Budget(
            name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{args.monthly_usd:.2f}",
            limit_unit="USD",
            cost_filters=[
                {"name": "TagKeyValue", "values": [f"user:platform${args.platform_tag}"]}
            ],
            notifications=[_alert(kind, percent, args.topic_arn) for kind, percent in alerts],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.budget_name = budget.name
        self.register_outputs({"budget_name": self.budget_name})


def _alert(kind: str, percent: int, topic_arn: pulumi.Input[str]) -> Any:
    return {
        "comparison_operator": "GREATER_THAN",
        "notification_type": kind,
        "threshold": percent,
        "threshold_type": "PERCENTAGE",
        "subscriber_sns_topic_arns": [topic_arn],
    }
