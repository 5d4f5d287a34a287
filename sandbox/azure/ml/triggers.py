"""When a schedule starts its job: cron expressions and recurrences, by the minute.

https://learn.microsoft.com/azure/machine-learning/how-to-schedule-pipeline-job
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox import cron

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
        try:
            return cron.matches(str(trigger.get("expression", "")), local)
        except cron.CronError as error:
            raise TriggerError(str(error)) from None
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
