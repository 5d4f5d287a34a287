"""Mean and standard deviation per feature, in a form that partial results of workers merge into."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from table_schema import TableSchema
from user_errors import DataError


class Moments(NamedTuple):
    """Number, mean and sum of squared deviations of the values of one column seen so far."""

    size: int = 0
    mean: float = 0.0
    deviations: float = 0.0

    def add(self, value: float) -> "Moments":
        """Moments with one more value (Welford)."""
        return self.merge(Moments(1, value, 0.0))

    def merge(self, other: "Moments") -> "Moments":
        """Moments of both sets of values (Chan, Golub, LeVeque)."""
        size = self.size + other.size
        if size == 0:
            return self
        shift = other.mean - self.mean
        return Moments(
            size,
            self.mean + shift * other.size / size,
            self.deviations + other.deviations + shift * shift * self.size * other.size / size,
        )

    @property
    def std(self) -> float:
        """Population standard deviation (ddof=0)."""
        return math.sqrt(self.deviations / self.size) if self.size else 0.0


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What training and serving must know of the prepared table; kept with the model.

    `mean` and `std` are in raw units per feature, fitted on the training split; `classes` are
    sorted; `rows` counts each split.
    """

    features: list[str]
    target: str
    classes: list[str]
    mean: dict[str, float]
    std: dict[str, float]
    rows: dict[str, int]

    def to_json(self) -> str:
        """The text of statistics.json."""
        return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"


def fit_statistics(
    moments: Sequence[Moments],
    *,
    schema: TableSchema,
    classes: Sequence[str],
    rows: Mapping[str, int],
) -> Statistics:
    """Statistics from the training split's moments, one per feature in schema order.

    Raises DataError for a feature that is constant there, as (x - mean) / std would divide by zero,
    and for values beyond floating point.
    """
    for name, moment in zip(schema.features, moments, strict=True):
        if not (math.isfinite(moment.mean) and math.isfinite(moment.std)):
            raise DataError(
                f"feature column {name!r} of table {schema.table!r} has values too large to "
                "average. Rescale the column."
            )
        # Rounding leaves a tiny deviation on a constant column of, say, 0.1.
        if not moment.std > 1e-12 * max(1.0, abs(moment.mean)):
            raise DataError(
                f"feature column {name!r} of table {schema.table!r} is constant "
                f"({moment.mean:g}) in the {moment.size} training rows, so it cannot be "
                "normalised and tells nothing. Remove it from the features."
            )
    return Statistics(
        features=list(schema.features),
        target=schema.target,
        classes=sorted(classes),
        mean={name: moment.mean for name, moment in zip(schema.features, moments, strict=True)},
        std={name: moment.std for name, moment in zip(schema.features, moments, strict=True)},
        rows=dict(rows),
    )


def read_statistics(path: Path) -> Statistics:
    """Read statistics.json. Raises DataError when it is missing or not what prepare wrote."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
        statistics = Statistics(**loaded)
        complete = set(statistics.mean) == set(statistics.std) == set(statistics.features)
    except FileNotFoundError:
        raise DataError(f"no statistics at {path}: run the preparation step first") from None
    except (ValueError, TypeError) as error:
        raise DataError(f"{path} is not the statistics file of the preparation: {error}") from None
    if not complete:
        raise DataError(f"{path} lacks mean or std for some of its features: prepare the data anew")
    return statistics


def normalise(value: float, *, mean: float, std: float) -> float:
    """(value - mean) / std, from raw units to standard deviations."""
    return (value - mean) / std
