"""Cron expressions of five fields: minute, hour, day, month, day of the week from Sunday = 0."""

import datetime as dt
from typing import Final

_BOUNDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


class CronError(ValueError):
    """The expression cannot be read; the text says why."""


def matches(expression: str, moment: dt.datetime) -> bool:
    """Whether the expression holds in the minute of ``moment``.

    Raises:
        CronError: it cannot be read.
    """
    fields = expression.split()
    if len(fields) != len(_BOUNDS):
        raise CronError(f"the cron expression {expression!r} must have five fields")
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
            raise CronError(f"the cron field {text!r} cannot be read") from None
        # Sunday may be 7 as well.
        values = {0 if (high, value) == (6, 7) else value for value in numbers}
        if not values or min(values) < low or max(values) > high:
            raise CronError(f"the cron field {text!r} must be within {low} and {high}")
        found |= values
    return found
