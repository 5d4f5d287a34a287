"""What endpoints were asked, by the minute: the counts and latencies that a cloud's metrics show.

Kept in memory for a day: like the traffic itself, they end with the sandbox.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

MINUTE: Final = 60
_KEPT_MINUTES: Final = 24 * 60
# Above it a minute's latencies are a sample of fixed size, each request as likely in it as another.
_MOST_LATENCIES: Final = 4096


@dataclass
class Minute:
    """The requests that were answered in one minute.

    by_class: how many, by the class of their status such as ``2xx``.
    latencies: in milliseconds.
    """

    by_class: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.by_class.values())

    def errors(self, *classes: str) -> int:
        return sum(self.by_class.get(name, 0) for name in classes)


class RequestMetrics:
    """Requests to any number of endpoints. Any thread may use it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minutes: dict[str, dict[int, Minute]] = {}

    def add(self, endpoint: str, *, status: int, seconds: float) -> None:
        """One request to ``endpoint`` was answered with ``status`` after ``seconds``."""
        number = int(self._clock() // MINUTE)
        with self._lock:
            minutes = self._minutes.setdefault(endpoint, {})
            for old in [known for known in minutes if known <= number - _KEPT_MINUTES]:
                del minutes[old]
            minute = minutes.setdefault(number, Minute())
            name = f"{status // 100}xx"
            minute.by_class[name] = minute.by_class.get(name, 0) + 1
            if len(minute.latencies) < _MOST_LATENCIES:
                minute.latencies.append(seconds * 1000)
            else:
                place = random.randrange(minute.requests)  # noqa: S311 - a sample
                if place < _MOST_LATENCIES:
                    minute.latencies[place] = seconds * 1000

    def periods(
        self, endpoint: str, start: float, end: float, seconds: int
    ) -> Mapping[float, Minute]:
        """The traffic from ``start`` to ``end`` by periods of ``seconds``, those without left out.

        The times are seconds since 1970; a period is named by its start, a multiple of
        ``seconds``, which is one of :data:`MINUTE`.
        """
        found: dict[float, Minute] = {}
        with self._lock:
            for number, minute in sorted(self._minutes.get(endpoint, {}).items()):
                moment = number * MINUTE
                # A minute belongs to a span that has any of it: the current one is never over.
                if moment + MINUTE <= start or moment >= end:
                    continue
                period = found.setdefault(moment // seconds * seconds, Minute())
                for name, count in minute.by_class.items():
                    period.by_class[name] = period.by_class.get(name, 0) + count
                period.latencies += minute.latencies
        return found


def percentile(values: list[float], percent: float) -> float:
    """The value below which ``percent`` of the others are, which is one of them; not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
