"""The pace of waiting, what it shows, and when it ends."""

from dataclasses import replace
from typing import Any

import pytest

from components.runs.polling import LONGEST_PAUSE, SHORTEST_PAUSE, Polling, duration
from plugin.handler import ResourceFailedError


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_pauses_are_short_at_first_and_never_longer_than_the_longest(context: Any) -> None:
    clock = Clock()
    polling = Polling(context, "job", clock=clock)
    for clock.now in (0.0, 1.0, 20.0, 5000.0):
        polling.pause("running")
    assert context.pauses == [SHORTEST_PAUSE, SHORTEST_PAUSE, 2.0, LONGEST_PAUSE]


def test_a_new_status_is_shown_at_once_and_an_old_one_only_every_few_seconds(context: Any) -> None:
    clock = Clock()
    polling = Polling(context, "job", clock=clock)
    for clock.now, status in (
        (0.0, "starting"),
        (0.5, "running"),
        (1.0, "running"),
        (9, "running"),
    ):
        polling.pause(status)
    assert context.said("progress") == [
        "job: starting, 0 s",
        "job: running, 0 s",
        "job: running, 9 s",
    ]


def test_a_costly_detail_is_asked_for_only_when_a_line_is_due(context: Any) -> None:
    asked = []
    polling = Polling(context, "job", clock=Clock())
    for _ in range(5):
        polling.pause("running", lambda: asked.append(1) or "epoch=3")  # type: ignore[func-returns-value]
    assert len(asked) == 1
    assert context.said("progress") == ["job: running, 0 s, epoch=3"]


def test_the_limit_ends_the_wait_and_says_what_to_do(context: Any) -> None:
    clock = Clock()
    polling = Polling(context, "job", limit=60, clock=clock)
    clock.now = 55
    polling.pause("running")
    assert context.pauses == [5]  # not past the limit
    clock.now = 60
    with pytest.raises(ResourceFailedError, match=r"still running after 1 min 0 s.*pulumi up"):
        polling.pause("running")


def test_the_users_own_timeout_wins_over_the_limit(context: Any) -> None:
    clock = Clock()
    polling = Polling(replace(context, timeout=5.0), "job", limit=60, clock=clock)
    clock.now = 5
    with pytest.raises(ResourceFailedError, match="after 5 s"):
        polling.pause("running")


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.9, "4 s"), (95, "1 min 35 s"), (3600 * 2 + 61, "2 h 1 min")]
)
def test_durations_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration(seconds) == text
