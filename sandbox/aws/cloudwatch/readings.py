"""Metrics of moto's store as one value for each period that ends now.

A window slides with the clock instead of starting at full minutes, so that an alarm of the
sandbox reacts within seconds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from moto.cloudwatch.models import (
    CloudWatchBackend,
    Dimension,
    MetricAggregatedDatum,
    MetricDatum,
    MetricDatumBase,
)

Reading = float | None


@dataclass(frozen=True, kw_only=True)
class Series:
    """What identifies a metric: exactly these dimensions, no more."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[Dimension]) -> "Series":
        pairs = sorted((str(each.name), str(each.value)) for each in dimensions)
        return cls(namespace=namespace, name=name, dimensions=tuple(pairs))


def utc(moment: datetime) -> datetime:
    """moto mixes times with and without a zone; those without are UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Readings:
    """The metrics of one account and region, indexed once for many alarms."""

    def __init__(self, backend: CloudWatchBackend, now: datetime) -> None:
        self._now = now
        self._index: dict[Series, list[MetricDatumBase]] = {}
        for datum in list(backend.metric_data):
            key = Series.of(datum.namespace, datum.name, datum.dimensions)
            self._index.setdefault(key, []).append(datum)

    def values(
        self, series: Series, *, statistic: str, period: float, count: int, unit: str | None = None
    ) -> list[Reading]:
        """The last `count` periods of `period` seconds, the newest first; None without data."""
        windows: list[list[MetricDatumBase]] = [[] for _ in range(count)]
        for datum in self._index.get(series, ()):
            age = self._now - utc(datum.timestamp)
            position = int(age / timedelta(seconds=period))
            if age >= timedelta(0) and position < count and (not unit or datum.unit == unit):
                windows[position].append(datum)
        return [value_of(window, statistic) if window else None for window in windows]


def value_of(data: list[MetricDatumBase], name: str) -> Reading:
    """A statistic such as ``Sum`` or ``p99`` of what was measured; ``None`` for no such one."""
    singles = [datum.value for datum in data if isinstance(datum, MetricDatum)]
    sets = [datum for datum in data if isinstance(datum, MetricAggregatedDatum)]
    total = sum(singles) + sum(each.sum for each in sets)
    number = len(singles) + sum(each.sample_count for each in sets)
    match name:
        case "Sum":
            return total
        case "SampleCount":
            return number
        case "Average":
            return total / number if number else None
        case "Minimum":
            return min([*singles, *(each.min for each in sets)])
        case "Maximum":
            return max([*singles, *(each.max for each in sets)])
    if name.startswith("p"):
        return _percentile([*singles, *(each.max for each in sets)], float(name[1:]))
    return None


def _percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
