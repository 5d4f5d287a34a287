"""When a schedule starts its job: cron expressions and recurrences, by the minute.

https://learn.microsoft.com/azure/machine-learning/how-to-schedule-pipeline-job
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_BOUNDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MINUTES: Final = {"Minute": 1, "Hour": 60, "Day": 1440, "Week": 10080}


class TriggerError(ValueError):
    """The trigger cannot be understood; the text says why."""


def due(trigger: Mapping[str, Any], moment: dt.datetime) -> bool:
    """Whether a trigger fires in the minute of ``moment``, which has a time zone.

    Raises:
        TriggerError: it cannot be understood.
    """
    zone = _zone(trigger)
    local = moment.astimezone(zone).replace(second=0, microsecond=0)
    start, end = (_time(trigger.get(name), zone) for name in ("startTime", "endTime"))
    if (start is not None and local < start) or (end is not None and local > end):
        return False
    kind = trigger.get("triggerType")
    if kind == "Cron":
        return _cron(str(trigger.get("expression", "")), local)
    if kind == "Recurrence":
        return _recurs(trigger, local, start)
    raise TriggerError(f"triggerType {kind!r} must be Cron or Recurrence")


def _zone(trigger: Mapping[str, Any]) -> ZoneInfo:
    name = str(trigger.get("timeZone") or "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise TriggerError(
            f"time zone {name!r} is unknown to the sandbox: use names such as Europe/Berlin or UTC"
        ) from None


def _time(text: Any, zone: ZoneInfo) -> dt.datetime | None:
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(str(text))
    except ValueError:
        raise TriggerError(f"{text!r} is no time such as 2025-01-31T08:00:00") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _cron(expression: str, moment: dt.datetime) -> bool:
    """Five fields: minute, hour, day of the month, month, day of the week from Sunday = 0."""
    fields = expression.split()
    if len(fields) != len(_BOUNDS):
        raise TriggerError(f"the cron expression {expression!r} must have five fields")
    weekday = (moment.weekday() + 1) % 7
    values = (moment.minute, moment.hour, moment.day, moment.month, weekday)
    minute, hour, day, month, week = (
        value in _field(text, *bounds)
        for text, bounds, value in zip(fields, _BOUNDS, values, strict=True)
    )
    # As cron has it: of two restricted kinds of days one is enough.
    both = "*" not in (fields[2][0], fields[4][0])
    return minute and hour and month and ((day or week) if both else (day and week))


def _field(text: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            begin = low if span == "*" else int(first)
            ends_high = span == "*" or (step and not dash)
            end = high if ends_high else int(last if dash else first)
            numbers = range(begin, end + 1, int(step or 1))
        except ValueError:
            raise TriggerError(f"the cron field {text!r} cannot be read") from None
        # Sunday may be 7 as well.
        values = {0 if (high, value) == (6, 7) else value for value in numbers}
        if not values or min(values) < low or max(values) > high:
            raise TriggerError(f"the cron field {text!r} must be within {low} and {high}")
        found |= values
    return found


def _recurs(trigger: Mapping[str, Any], moment: dt.datetime, start: dt.datetime | None) -> bool:
    frequency, interval = str(trigger.get("frequency")), int(trigger.get("interval") or 0)
    if interval < 1 or (frequency not in _MINUTES and frequency != "Month"):
        raise TriggerError("a Recurrence needs frequency (Minute … Month) and interval")
    anchor = start or moment.replace(year=2000, month=1, day=3, hour=0, minute=0)
    at = trigger.get("schedule") or {}
    if frequency == "Month":
        months = (moment.year - anchor.year) * 12 + moment.month - anchor.month
        days = at.get("monthDays") or [anchor.day]
        return months % interval == 0 and moment.day in days and _at(at, moment, anchor)
    if frequency in ("Minute", "Hour"):
        passed = int((moment - anchor).total_seconds()) // 60
        return passed % (interval * _MINUTES[frequency]) == 0
    days_passed = (moment.date() - anchor.date()).days
    if frequency == "Day":
        return days_passed % interval == 0 and _at(at, moment, anchor)
    names = at.get("weekDays") or [_DAYS[anchor.weekday()]]
    weeks = (days_passed + anchor.weekday()) // 7
    return weeks % interval == 0 and _DAYS[moment.weekday()] in names and _at(at, moment, anchor)


def _at(at: Mapping[str, Any], moment: dt.datetime, anchor: dt.datetime) -> bool:
    hours, minutes = at.get("hours") or [anchor.hour], at.get("minutes") or [anchor.minute]
    return moment.hour in hours and moment.minute in minutes
