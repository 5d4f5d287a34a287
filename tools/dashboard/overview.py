"""What a cloud's column of the dashboard shows, the same in each cloud."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

PERIOD_SECONDS: Final = 300
SPAN_SECONDS: Final = 3 * 60 * 60
REQUESTS: Final = "Requests in 5 minutes"
ERRORS: Final = "Errors in 5 minutes"
LATENCY: Final = "Latency, p99 (ms)"


@dataclass(frozen=True)
class Series:
    """One metric of the endpoint: seconds since 1970 to value, by periods of five minutes."""

    title: str
    points: Mapping[float, float]


@dataclass(frozen=True)
class Alarm:
    """One alarm. ``state`` is ``ok``, ``ringing``, ``no data``, ``armed`` or ``off``.

    Clouds that do not tell whether a rule rings say no more than that it is armed.
    """

    name: str
    about: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A cloud's column.

    troubles: what could not be asked, in the cloud's words; the rest is shown all the same.
    """

    state: str = "unknown"
    alarms: Sequence[Alarm] = ()
    series: Sequence[Series] = ()
    troubles: Sequence[str] = ()


@dataclass(frozen=True)
class Window:
    """The span that is looked at, in seconds since 1970; whole periods."""

    end: float

    @property
    def start(self) -> float:
        return self.end - SPAN_SECONDS

    @classmethod
    def until(cls, moment: float) -> "Window":
        """The span whose last period holds ``moment``."""
        return cls((moment // PERIOD_SECONDS + 1) * PERIOD_SECONDS)


@dataclass
class Looking:
    """Asks one thing after the other; what fails is noted and does not stop the rest."""

    refusals: tuple[type[Exception], ...]
    troubles: list[str] = field(default_factory=list)

    def at(self, what: str, ask: Callable[[], Any], default: Any) -> Any:
        """The answer, or ``default`` when the cloud refuses or cannot be reached."""
        try:
            return ask()
        except self.refusals as error:
            self.troubles.append(f"{what}: {error}")
            return default
