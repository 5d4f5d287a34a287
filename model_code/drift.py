"""How far the values of a feature have moved: histograms of two samples and their divergence.

Numbers are counted in buckets of equal width, as Vertex AI's model monitoring does, and compared by
the Jensen-Shannon divergence (base 2): 0 is the same distribution, 1 nothing in common.
https://cloud.google.com/vertex-ai/docs/model-monitoring/overview

The buckets are those of the training split, with one more below and above: a single wild value
among the requests neither widens them nor hides what the others do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

BUCKETS = 10
# Training values are read back from normalised ones: a value on an edge must fall on the same side
# of it in both samples. In widths of a bucket.
_SLACK = 1e-6

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Buckets:
    """`BUCKETS` buckets from `low` upwards, each `width` wide, and one on either side of them."""

    low: float
    width: float

    @classmethod
    def of(cls, training: Values) -> "Buckets":
        """The buckets over the values of the training split, which must not be constant."""
        low, high = float(training.min()), float(training.max())
        return cls(low, (high - low) / BUCKETS)

    def count(self, values: Values) -> Counts:
        """How many values are in each bucket; shape (BUCKETS + 2,), below first, above last."""
        with np.errstate(over="ignore"):  # what is far outside is outside
            position = (values - self.low) / self.width
        inside = np.where(np.abs(position - BUCKETS) <= _SLACK, BUCKETS - 1, position + _SLACK)
        bucket = np.clip(np.floor(inside), -1, BUCKETS).astype(np.int64) + 1
        return np.bincount(bucket, minlength=BUCKETS + 2)


def divergence(base: Counts, seen: Counts) -> float:
    """Jensen-Shannon divergence, base 2, of two histograms over the same buckets: 0 to 1.

    Both must have counted something.
    """
    first, second = base / base.sum(), seen / seen.sum()
    middle = (first + second) / 2
    value = (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2
    return float(min(max(value, 0.0), 1.0))  # rounding leads out of the range


def _relative_entropy(shares: Values, other: Values) -> float:
    there = shares > 0
    return float(np.sum(shares[there] * np.log2(shares[there] / other[there])))


@dataclass(kw_only=True)
class Window:
    """What was asked in `start` < time <= `end`: rows counted in buckets, never kept."""

    start: datetime
    end: datetime
    buckets: Mapping[str, Buckets]
    """By feature, in the order of a request's values."""
    requests: int = 0
    malformed: int = 0
    """Records that could not be read; they are no requests."""
    rows: int = 0
    counts: dict[str, Counts] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = {name: np.zeros(BUCKETS + 2, dtype=np.int64) for name in self.buckets}

    def takes(self, moment: datetime) -> bool:
        """Whether a request of that time belongs here."""
        return self.start < moment <= self.end

    def add(self, matrix: Values) -> None:
        """One request's rows; shape (rows, features)."""
        self.requests += 1
        self.rows += len(matrix)
        for column, (name, buckets) in enumerate(self.buckets.items()):
            self.counts[name] += buckets.count(matrix[:, column])

    def describe(self) -> dict[str, Any]:
        """The window as the report has it."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "requests": self.requests,
            "rows": self.rows,
            "malformed": self.malformed,
        }


@dataclass(frozen=True)
class Thresholds:
    """The divergences above which a feature is an anomaly."""

    skew: float
    drift: float


def compare(
    *,
    training: Mapping[str, Counts],
    before: Window,
    window: Window,
    thresholds: Mapping[str, Thresholds],
    min_rows: int,
) -> dict[str, Any]:
    """The report: skew against training, drift against the window before, both per feature.

    A window with fewer than `min_rows` rows is not compared, since chance alone makes few rows
    diverge: its scores are None, and `status` says why.
    """
    enough = window.rows >= min_rows
    features: dict[str, Any] = {}
    anomalies: list[str] = []
    for name in window.buckets:
        bases = {"skew": training[name] if enough else None}
        bases["drift"] = before.counts[name] if enough and before.rows >= min_rows else None
        scores: dict[str, Any] = {}
        for kind, base in bases.items():
            threshold = float(getattr(thresholds[name], kind))
            score = None if base is None else divergence(base, window.counts[name])
            anomalous = score is not None and score > threshold
            scores[kind] = {"divergence": score, "threshold": threshold, "anomaly": anomalous}
            if anomalous:
                anomalies.append(f"{kind} of {name}")
        features[name] = {
            **scores,
            **_histograms(window.buckets[name], training[name], window, name),
        }
    return {
        "status": _status(window, min_rows),
        "anomalies": anomalies,
        "window": window.describe(),
        "before": before.describe(),
        "features": features,
    }


def _histograms(buckets: Buckets, training: Counts, window: Window, name: str) -> dict[str, Any]:
    return {
        "buckets": {"low": buckets.low, "width": buckets.width},
        "training": training.tolist(),
        "window": window.counts[name].tolist(),
    }


def _status(window: Window, min_rows: int) -> str:
    if not window.requests:
        return "no requests in the window: nothing to compare"
    if window.rows < min_rows:
        return f"{window.rows} rows in the window, fewer than {min_rows}: nothing to compare"
    return "compared"


def metrics(report: Mapping[str, Any], endpoint: str) -> Sequence[Mapping[str, Any]]:
    """What CloudWatch is told: how much was seen, and the divergences that there are."""
    of_endpoint = {"Name": "EndpointName", "Value": endpoint}
    told: list[Mapping[str, Any]] = [
        {
            "MetricName": name,
            "Dimensions": [of_endpoint],
            "Value": report["window"][key],
            "Unit": "Count",
        }
        for name, key in (("Rows", "rows"), ("Malformed", "malformed"))
    ]
    for feature, found in report["features"].items():
        dimensions = [of_endpoint, {"Name": "Feature", "Value": feature}]
        for kind in ("skew", "drift"):
            score = found[kind]["divergence"]
            if score is not None:
                metric = {"MetricName": kind.title(), "Dimensions": dimensions}
                told.append({**metric, "Value": score, "Unit": "None"})
    return told
