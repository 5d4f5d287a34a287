"""Hyper-parameter ranges of the API as a search space of optuna, and values back as text."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.aws.context import Refusal

if TYPE_CHECKING:
    import optuna

# From this ratio on, scaling type Auto searches on a logarithmic scale.
AUTO_LOGARITHMIC_RATIO = 100.0


def _refuse(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def _scaling(given: str, low: float, high: float) -> str:
    if given == "Auto":
        wide = low > 0 and high / low >= AUTO_LOGARITHMIC_RATIO
        return "Logarithmic" if wide else "Linear"
    return given


@dataclass(frozen=True)
class Range:
    """One numeric range; ``low`` and ``high`` are inclusive."""

    name: str
    low: float
    high: float
    scaling: str
    whole: bool

    @classmethod
    def parse(cls, item: Mapping[str, str], *, whole: bool) -> "Range":
        """Raises Refusal when bounds are not numbers, or not in order, or not for the scale."""
        name = item["Name"]
        try:
            low, high = float(item["MinValue"]), float(item["MaxValue"])
        except ValueError:
            raise _refuse(f"The range of hyperparameter {name} must have numbers as bounds.") from (
                None
            )
        if low >= high:
            raise _refuse(
                f"The MinValue of hyperparameter {name} must be less than its MaxValue, but got "
                f"[{item['MinValue']}] and [{item['MaxValue']}]."
            )
        scaling = _scaling(item.get("ScalingType", "Auto"), low, high)
        if scaling == "Logarithmic" and low <= 0:
            raise _refuse(f"Logarithmic scaling of {name} needs a MinValue greater than 0.")
        if scaling == "ReverseLogarithmic" and (whole or low < 0 or high >= 1):
            raise _refuse(
                f"ReverseLogarithmic scaling of {name} needs a continuous range within [0, 1)."
            )
        return cls(name, low, high, scaling, whole)

    def distribution(self) -> "optuna.distributions.BaseDistribution":
        from optuna import distributions

        if self.whole:
            return distributions.IntDistribution(
                int(self.low), int(self.high), log=self.scaling == "Logarithmic"
            )
        if self.scaling == "ReverseLogarithmic":
            return distributions.FloatDistribution(1 - self.high, 1 - self.low, log=True)
        return distributions.FloatDistribution(
            self.low, self.high, log=self.scaling == "Logarithmic"
        )

    def text(self, value: Any) -> str:
        if self.whole:
            return str(int(value))
        number = 1 - value if self.scaling == "ReverseLogarithmic" else value
        return repr(min(self.high, max(self.low, float(number))))


class SearchSpace:
    """All ranges of a tuning job."""

    def __init__(self, ranges: Mapping[str, Any], strategy: str) -> None:
        """Raises Refusal for ranges the API would refuse."""
        if ranges.get("AutoParameters"):
            raise Refusal("NotImplemented", "The sandbox does not support AutoParameters.")
        numeric = [
            *(Range.parse(r, whole=False) for r in ranges.get("ContinuousParameterRanges", [])),
            *(Range.parse(r, whole=True) for r in ranges.get("IntegerParameterRanges", [])),
        ]
        self._numeric = {item.name: item for item in numeric}
        self.choices: dict[str, list[str]] = {
            item["Name"]: list(item["Values"])
            for item in ranges.get("CategoricalParameterRanges", [])
        }
        self.names = [*(item.name for item in numeric), *self.choices]
        if len(self.names) != len(set(self.names)):
            raise _refuse("Hyperparameter names must be unique across the parameter ranges.")
        if not self.names:
            raise _refuse("At least one hyperparameter range is required.")
        if strategy == "Grid" and self._numeric:
            raise _refuse("Grid search supports categorical hyperparameters only.")

    @property
    def grid_size(self) -> int:
        """Number of combinations of the categorical values."""
        return math.prod(len(values) for values in self.choices.values())

    def combinations(self) -> list[dict[str, str]]:
        """Every combination of the categorical values."""
        return [
            dict(zip(self.choices, values, strict=True))
            for values in itertools.product(*self.choices.values())
        ]

    def distributions(self) -> "dict[str, optuna.distributions.BaseDistribution]":
        from optuna import distributions

        space = {name: item.distribution() for name, item in self._numeric.items()}
        for name, values in self.choices.items():
            space[name] = distributions.CategoricalDistribution(values)
        return space

    def text(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Values as the training job gets them: text."""
        return {
            name: self._numeric[name].text(value) if name in self._numeric else str(value)
            for name, value in values.items()
        }
