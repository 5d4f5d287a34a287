"""Off-hours: the nights and weekends in which an endpoint needs fewer machines.

Each cloud's scheduler fires at moments and knows no spans: the week's spans become the moments at
which they begin and end, the same for all clouds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY: Final = 24 * 60
_WEEK: Final = len(DAYS) * _DAY
_SATURDAY: Final = DAYS.index("Saturday") * _DAY


@dataclass(frozen=True, kw_only=True)
class Change:
    """A time of day at which off-hours begin, or end, on some days of the week."""

    days: Sequence[str]
    """Of :data:`DAYS`, in their order."""
    hour: int
    minute: int
    begins: bool

    @property
    def name(self) -> str:
        """Part of a resource's name, such as ``off-2000`` and ``on-0600``."""
        return f"{'off' if self.begins else 'on'}-{self.hour:02}{self.minute:02}"


@dataclass(frozen=True, kw_only=True)
class OffHours:
    """The spans of a week, by the clock of a time zone, daylight saving time included."""

    timezone: str
    """IANA name."""
    night: tuple[int, int] | None
    """Minutes after midnight at which every night begins and ends; may reach over midnight."""
    weekend: bool
    """All of Saturday and Sunday."""

    @property
    def changes(self) -> list[Change]:
        """The moments, off before on, earlier before later; where spans meet there is none."""
        week = [self._is_off(minute) for minute in range(_WEEK)]
        days: dict[tuple[bool, int], list[str]] = {}
        for minute, (before, after) in enumerate(pairwise([week[-1], *week])):
            if before != after:
                days.setdefault((not after, minute % _DAY), []).append(DAYS[minute // _DAY])
        return [
            Change(days=found, hour=minute // 60, minute=minute % 60, begins=not ends)
            for (ends, minute), found in sorted(days.items())
        ]

    def _is_off(self, minute: int) -> bool:
        if self.weekend and minute >= _SATURDAY:
            return True
        if self.night is None:
            return False
        (begins, ends), now = self.night, minute % _DAY
        return begins <= now < ends if begins < ends else now >= begins or now < ends


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """The bounds of an endpoint's size in off-hours."""

    hours: OffHours
    least: int
    most: int

    def bounds(self, change: Change, *, least: int, most: int) -> tuple[int, int]:
        """What holds from a change on, where it is ``least`` to ``most`` by day."""
        return (self.least, self.most) if change.begins else (least, most)
