"""A commitment: an hourly spend on SageMaker, promised for years."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.naming import Sensitivity
from components.tags import with_sensitivity


@dataclass(frozen=True, kw_only=True)
class CommitmentArgs:
    """What is bought, and when."""

    offering_id: str
    """Product, term and way of paying, as the cloud numbers them."""
    usd_per_hour: float
    upfront_usd: float | None
    begins: dt.date
    tags: Mapping[str, str]


class Commitment(pulumi.ComponentResource):
    """A Savings Plan: bought once, and never by accident a second time or away.

    Neither a destroy nor a change of the program touches it: it is protected, and what is taken
    out of the stack all the same stays in the cloud, which would charge for it anyway.
    """

    def __init__(
        self, name: str, args: CommitmentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Commitment", name, None, opts)
        upfront = args.upfront_usd
        aws.savingsplans.SavingsPlan(
            name,
            savings_plan_offering_id=args.offering_id,
            commitment=f"{args.usd_per_hour:.4f}",
            upfront_payment_amount=None if upfront is None else f"{upfront:.2f}",
            # Queued until then: the only time at which it can still be cancelled.
            purchase_time=f"{args.begins.isoformat()}T00:00:00Z",
            tags=with_sensitivity(args.tags, Sensitivity.OPERATIONS),
            opts=pulumi.ResourceOptions(parent=self, protect=True, retain_on_delete=True),
        )
        self.register_outputs({})
