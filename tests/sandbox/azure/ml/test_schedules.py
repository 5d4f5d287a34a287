"""Schedules: when they fire, and that they start their job."""

import datetime as dt
from typing import Any

import pytest

from sandbox.azure.ml.schedules import Schedules
from sandbox.azure.ml.triggers import TriggerError, due
from tests.sandbox.azure.cloud_world import CloudWorld
from tests.sandbox.azure.ml.conftest import WORKSPACE
from tests.sandbox.azure.ml.test_jobs import ENVIRONMENT, _ended

# A Wednesday.
MOMENT = dt.datetime(2025, 1, 15, 6, 30, tzinfo=dt.UTC)


def _cron(expression: str, **more: str) -> dict[str, Any]:
    return {"triggerType": "Cron", "expression": expression, **more}


def _recurrence(frequency: str, interval: int, **more: Any) -> dict[str, Any]:
    return {"triggerType": "Recurrence", "frequency": frequency, "interval": interval, **more}


@pytest.mark.parametrize(
    ("trigger", "fires"),
    [
        (_cron("30 6 * * *"), True),
        (_cron("30 7 * * *", timeZone="Europe/Berlin"), True),
        (_cron("*/15 6-8 * * 1,3"), True),
        (_cron("30 6 * * 7"), False),
        (_cron("30 6 1 * 3"), True),
        (_cron("30 6 1 * *"), False),
        (_cron("30 6 * * *", startTime="2025-02-01T00:00:00"), False),
        (_cron("30 6 * * *", endTime="2025-01-01T00:00:00"), False),
        (_recurrence("Minute", 10), True),
        (_recurrence("Hour", 1), False),
        (_recurrence("Day", 1, schedule={"hours": [6], "minutes": [30]}), True),
        (_recurrence("Day", 2, startTime="2025-01-14T06:30:00"), False),
        (
            _recurrence(
                "Week", 1, schedule={"hours": [6], "minutes": [30], "weekDays": ["Wednesday"]}
            ),
            True,
        ),
        (
            _recurrence("Month", 1, schedule={"hours": [6], "minutes": [30], "monthDays": [15]}),
            True,
        ),
    ],
)
def test_when_a_trigger_fires(trigger: dict[str, Any], fires: bool) -> None:
    assert due(trigger, MOMENT) is fires
    assert not due(trigger, MOMENT + dt.timedelta(minutes=1))


@pytest.mark.parametrize(
    "trigger",
    [
        _cron("61 * * * *"),
        _cron("* * * *"),
        _cron("* * * * *", timeZone="Nowhere"),
        _recurrence("Day", 0),
        {"triggerType": "Sometimes"},
    ],
)
def test_what_is_no_trigger(trigger: dict[str, Any]) -> None:
    with pytest.raises(TriggerError):
        due(trigger, MOMENT)


def test_a_schedule_starts_its_job_once_in_its_minute(cloud: CloudWorld) -> None:
    path = f"{WORKSPACE}/schedules/nightly"
    job = {"jobType": "Command", "command": "echo good night", "environmentId": ENVIRONMENT}
    action = {"actionType": "CreateJob", "jobDefinition": job}
    body: dict[str, Any] = {"properties": {"trigger": _cron("30 6 * * *"), "action": action}}
    cloud.put(path, body)
    found = cloud.context.types.require("Microsoft.MachineLearningServices/workspaces/schedules")
    assert isinstance(found, Schedules)
    later = MOMENT.replace(year=2091)
    found.look(later)
    names = [item["name"] for item in cloud.get(f"{WORKSPACE}/jobs")["value"]]
    assert names == ["nightly-209101150630"]
    assert _ended(cloud, names[0])["status"] == "Completed"
    found.look(later + dt.timedelta(seconds=30))
    assert cloud.get(f"{WORKSPACE}/jobs/{names[0]}")["properties"]["status"] == "Completed"
    body["properties"]["isEnabled"] = False
    cloud.put(path, body)
    found.look(later + dt.timedelta(days=1))
    assert len(cloud.get(f"{WORKSPACE}/jobs")["value"]) == 1
    action["jobDefinition"] = {**job, "environmentId": "none"}
    assert cloud.arm("PUT", path, body).status == 400
