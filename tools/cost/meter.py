"""What of a resource costs money: one meter a type token, one file a cloud."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from stacks.usage_settings import UsageSettings
from tools.cost.planned import Planned

HOURS: Final = 730.0
"""Hours in a month, as the clouds' own calculators count them."""
UNKNOWN: Final = ""
"""The item of what nobody has told the price of."""


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Something that is paid for.

    item:     key of the price table, such as `sagemaker/ml.m5.large`.
    quantity: in the price's unit, for a month, or for one run.
    most:     the quantity when everything is scaled out; the same where nothing scales.
    spot:     bought as spot capacity, so that this price counts where it is known.
    steady:   runs all month: a reservation could replace it.
    """

    item: str
    what: str
    quantity: float
    per: Literal["month", "run"] = "month"
    most: float | None = None
    spot: bool = False
    steady: bool = False
    region: str = ""
    usd: float | None = None
    """Price of one unit, where the resource tells it itself."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that a meter may look at: the other resources, the assumed use, the clouds' regions."""

    resources: Sequence[Planned]
    usage: UsageSettings
    regions: Mapping[str, str]

    def of(self, token: str) -> list[Planned]:
        """All resources of a type."""
        return [resource for resource in self.resources if resource.type == token]

    def share(self, token: str, monthly: float) -> float:
        """A cloud's monthly amount divided among all resources of a type."""
        return monthly / max(1, len(self.of(token)))


Meter = Callable[[Planned, Plan], Iterable[Charge]]


def number(value: Any, default: float) -> float:
    """An input as a number; ``default`` where it is missing or only known in `up`."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return default
