"""Schedules of AWS: when they fire next."""

from datetime import UTC, datetime

import pytest

from sandbox.aws.autoscaling.schedules import ScheduleError, next_time

FRIDAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "timezone", "expected"),
    [
        ("cron(0 20 ? * MON-FRI *)", "UTC", "2026-11-20T20:00"),
        ("cron(0 20 ? * MON-FRI *)", "Europe/Berlin", "2026-11-20T19:00"),
        ("cron(0 7 ? * MON-FRI *)", "UTC", "2026-11-23T07:00"),
        ("cron(0/15 * * * ? *)", "UTC", "2026-11-20T12:15"),
        ("cron(0 20 L * ? *)", "UTC", "2026-11-30T20:00"),
        ("cron(0 9 15W * ? 2027)", "UTC", "2027-01-15T09:00"),
        ("cron(0 9 ? * 2#1 *)", "UTC", "2026-12-07T09:00"),
        ("cron(0 9 ? * 6L *)", "UTC", "2026-11-27T09:00"),
        ("rate(1 hour)", None, "2026-11-20T13:00"),
        ("at(2026-11-20T13:30:00)", "Europe/Berlin", "2026-11-20T12:30"),
    ],
)
def test_the_next_time(schedule: str, timezone: str | None, expected: str) -> None:
    found = next_time(schedule, after=FRIDAY, timezone=timezone, anchor=FRIDAY)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_what_is_past_never_fires() -> None:
    for schedule in ("at(2026-11-20T12:00:00)", "cron(0 9 ? * MON 2020)"):
        assert next_time(schedule, after=FRIDAY, timezone=None, anchor=FRIDAY) is None


@pytest.mark.parametrize("schedule", ["cron(0 9 * * *)", "cron(61 9 ? * MON *)", "rate(soon)", "x"])
def test_nonsense_is_refused(schedule: str) -> None:
    with pytest.raises(ScheduleError):
        next_time(schedule, after=FRIDAY, timezone=None, anchor=FRIDAY)
    with pytest.raises(ScheduleError):
        next_time("rate(1 hour)", after=FRIDAY, timezone="Mars/Base", anchor=FRIDAY)
