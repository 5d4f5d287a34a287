"""When a scheduled action fires: ``at(…)``, ``rate(…)`` and ``cron(…)`` of AWS.

https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
"""

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moto.applicationautoscaling.models import FakeScheduledAction

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
# AWS counts days of the week from Sunday = 1.
_DAYS = {
    name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)
}
_FARTHEST = 366 * 5


class ScheduleError(ValueError):
    """The expression or the time zone is not one AWS takes."""


def next_time(
    schedule: str, *, after: datetime, timezone: str | None, anchor: datetime
) -> datetime | None:
    """The first moment later than `after` at which the schedule fires, in UTC.

    `anchor` is where a rate is counted from. None when it never fires again.
    """
    try:
        zone = ZoneInfo(timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise ScheduleError(f"time zone {timezone!r} is unknown") from None
    kind, _, body = schedule.strip().partition("(")
    if not body.endswith(")"):
        raise ScheduleError(f"{schedule!r} is none of at(…), rate(…), cron(…)")
    body = body[:-1].strip()
    if kind == "at":
        return _at(body, after, zone)
    if kind == "rate":
        return _rate(body, after, anchor)
    if kind == "cron":
        return _Cron(body).next_time(after.astimezone(zone))
    raise ScheduleError(f"{schedule!r} is none of at(…), rate(…), cron(…)")


def _at(body: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.strptime(body, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        raise ScheduleError(f"at({body}): the form is at(yyyy-mm-ddThh:mm:ss)") from None
    return moment.astimezone(UTC) if moment > after else None


def _rate(body: str, after: datetime, anchor: datetime) -> datetime:
    found = re.fullmatch(r"(\d+)\s+(minute|hour|day)s?", body)
    if not found or not int(found[1]):
        raise ScheduleError(f"rate({body}): the form is rate(5 minutes)")
    step = timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    return anchor + step * ((max(after, anchor) - anchor) // step + 1)


class _Cron:
    """Six fields: minutes, hours, day of month, month, day of week, year."""

    def __init__(self, body: str) -> None:
        fields = body.split()
        if len(fields) != 6:
            raise ScheduleError(f"cron({body}): six fields are needed")
        minutes, hours, self._days, months, self._weekdays, years = fields
        if (self._days == "?") == (self._weekdays == "?"):
            raise ScheduleError(f"cron({body}): one of day of month and day of week must be ?")
        self._minutes = _numbers(minutes, 0, 59)
        self._hours = _numbers(hours, 0, 23)
        self._months = _numbers(months, 1, 12, _MONTHS)
        self._years = _numbers(years, 1970, 2199)
        self._matches(date(2024, 1, 1))

    def next_time(self, after: datetime) -> datetime | None:
        day = after.date()
        for _ in range(_FARTHEST):
            if day.year in self._years and day.month in self._months and self._matches(day):
                for hour in self._hours:
                    for minute in self._minutes:
                        moment = datetime(
                            day.year, day.month, day.day, hour, minute, tzinfo=after.tzinfo
                        ).astimezone(UTC)
                        if moment > after:
                            return moment
            day += timedelta(days=1)
        return None

    def _matches(self, day: date) -> bool:
        return (
            _is_day(self._days, day) if self._weekdays == "?" else _is_weekday(self._weekdays, day)
        )


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> list[int]:
    values: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first in ("*", "") else _number(first, names)
        end = high if first == "*" or (step and not last) else _number(last or first, names)
        if not (low <= start <= high and low <= end <= high) or (step and not step.isdigit()):
            raise ScheduleError(f"{field!r} is outside {low}–{high}")
        values.update(range(start, end + 1, int(step or 1) or 1))
    return sorted(values)


def _number(text: str, names: dict[str, int] | None) -> int:
    if names and text.upper() in names:
        return names[text.upper()]
    if not text.isdigit():
        raise ScheduleError(f"{text!r} is not a number")
    return int(text)


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _is_day(field: str, day: date) -> bool:
    if field == "L":
        return day.day == _last(day)
    if field.endswith("W") and field[:-1].isdigit():
        wanted = date(day.year, day.month, min(int(field[:-1]), _last(day)))
        shift = {5: -1, 6: 1}.get(wanted.weekday(), 0)
        moved = wanted + timedelta(days=shift)
        if moved.month != wanted.month:
            moved = wanted + timedelta(days=2 if shift < 0 else -2)
        return day == moved
    return day.day in _numbers(field, 1, 31)


def _is_weekday(field: str, day: date) -> bool:
    number = day.isoweekday() % 7 + 1
    if "#" in field:
        weekday, _, place = field.partition("#")
        return number == _number(weekday, _DAYS) and (day.day - 1) // 7 + 1 == int(place)
    if field.endswith("L") and len(field) > 1:
        return number == _number(field[:-1], _DAYS) and day.day > _last(day) - 7
    return number in _numbers("7" if field == "L" else field, 1, 7, _DAYS)


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    assert isinstance(value, datetime)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def start_of(action: FakeScheduledAction, created: datetime) -> datetime:
    """From when on the action may be due."""
    return _moment(action.start_time) or created


def is_inside(action: FakeScheduledAction, moment: datetime) -> bool:
    """Whether a moment is neither before the action's start nor after its end."""
    start, end = _moment(action.start_time), _moment(action.end_time)
    return (start is None or moment >= start) and (end is None or moment <= end)
