"""A job of the name that a new one gets goes when it is ours, and stays when it is not."""

from typing import Any

import pytest

from components.azure.runs import jobs, leftovers
from components.azure.runs.leftovers import clear_way
from plugin.handler import ResourceFailedError

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/P/workspaces/w"
TAGS = {"project": "trimaran", "stack": "dev", "owner": "team"}
INPUTS = {"id": "j", "properties": {"computeId": f"{WORKSPACE}/computes/c", "tags": TAGS}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(leftovers, "send", lambda method, path: found.append((method, path)))
    return found


def states(monkeypatch: pytest.MonkeyPatch, *told: str, tags: dict[str, str] | None = None) -> None:
    """What the job is at each look; gone after the last."""
    left = [{"properties": {"status": one, "tags": TAGS if tags is None else tags}} for one in told]

    def find(job_id: str) -> dict[str, Any] | None:
        assert job_id == f"{WORKSPACE}/jobs/j"
        return left.pop(0) if left else None

    monkeypatch.setattr(jobs, "find", find)


def test_nothing_in_the_way_is_left_at_that(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, str]]
) -> None:
    states(monkeypatch)
    clear_way(INPUTS, lambda _: None)
    assert asked == []


def test_a_job_under_way_is_cancelled_first_and_its_record_deleted_once(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, str]]
) -> None:
    states(monkeypatch, "Running", "CancelRequested", "Canceled", "Canceled")
    clear_way(INPUTS, lambda _: None)
    assert asked == [
        ("POST", f"{WORKSPACE}/jobs/j/cancel"),
        ("DELETE", f"{WORKSPACE}/jobs/j"),
    ]


@pytest.mark.parametrize("tags", [{}, {**TAGS, "stack": "prod"}])
def test_somebody_elses_job_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, str]], tags: dict[str, str]
) -> None:
    states(monkeypatch, "Completed", tags=tags)
    with pytest.raises(ResourceFailedError, match="job j exists already and is not this stack's"):
        clear_way(INPUTS, lambda _: None)
    assert asked == []
