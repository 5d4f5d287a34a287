"""What is bought for years: who says so, says how long and that it is for good."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from stacks.section import Day, Section

OfferingId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]


class CommitmentSettings(Section):
    """A spend that is promised for years, for lower prices. It cannot be taken back."""

    begins: Day
    """The day of the purchase, in the future when it is declared: until then it can be cancelled
    in the cloud's console."""
    term_years: Literal[1, 3]
    """How long it is paid."""
    ends: Day
    """The last day's morrow, `term_years` after `begins`: written down by who orders it."""
    acknowledged: Literal["it cannot be taken back"]
    """These words."""

    @model_validator(mode="after")
    def _ends_after_its_term(self) -> Self:
        try:
            last = self.begins.replace(year=self.begins.year + self.term_years)
        except ValueError:
            raise ValueError("begins must not be 29 February") from None
        if self.ends != last:
            raise ValueError(
                f"ends ({self.ends}) must be {last}: {self.term_years} years after begins"
            )
        return self


class AwsCommitmentSettings(CommitmentSettings):
    """A SageMaker Savings Plan, for whatever SageMaker runs in the account."""

    offering_id: OfferingId
    """Of `aws savingsplans describe-savings-plans-offerings --product-type SageMaker`: product,
    term and way of paying."""
    usd_per_hour: Annotated[float, Field(gt=0, le=100000)]
    """What is paid every hour of the term, used or not."""
    upfront_usd: Annotated[float, Field(gt=0)] | None = None
    """What is paid at once, where the offering wants it."""


def none_here(reason: str) -> Callable[[Any], None]:
    """Refuses a setting that another cloud has and this one cannot have."""

    def refuse(value: Any) -> None:
        if value is not None:
            raise ValueError(reason)

    return refuse
