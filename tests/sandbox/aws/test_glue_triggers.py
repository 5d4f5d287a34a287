"""Glue triggers: schedules and demands start jobs, and what would never fire is refused."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.glue.models import glue_backends

from sandbox.aws.glue.triggers import Triggers
from tests.sandbox.aws.lake import Lake
from tests.sandbox.aws.test_glue_jobs import finished, lines, make_job

NIGHTLY = "cron(0 3 * * ? *)"


def _trigger(lake: Lake, kind: str = "SCHEDULED", **more: Any) -> None:
    action = {"JobName": lake.name, "Arguments": {"--said": "by the trigger"}}
    schedule = {"Schedule": NIGHTLY} if kind == "SCHEDULED" else {}
    lake.glue.create_trigger(
        **{"Name": lake.name, "Type": kind, "Actions": [action], **schedule, **more}
    )


def test_a_trigger_on_demand_runs_the_job_with_its_arguments(lake: Lake) -> None:
    make_job(lake, "import sys; print(sys.argv[sys.argv.index('--said') + 1])")
    _trigger(lake, "ON_DEMAND")
    assert lake.glue.get_job_runs(JobName=lake.name)["JobRuns"] == []
    lake.glue.start_trigger(Name=lake.name)
    (run,) = lake.glue.get_job_runs(JobName=lake.name)["JobRuns"]
    assert finished(lake, run["Id"])["JobRunState"] == "SUCCEEDED"
    assert lines(lake, "/aws-glue/jobs/output", run["Id"]) == ["by the trigger"]


def test_a_schedule_is_started_stopped_and_changed(lake: Lake) -> None:
    _trigger(lake, StartOnCreation=True)

    def state() -> Any:
        return lake.glue.get_trigger(Name=lake.name)["Trigger"]

    assert (state()["State"], state()["Schedule"]) == ("ACTIVATED", NIGHTLY)
    lake.glue.stop_trigger(Name=lake.name)
    update = {"Schedule": "cron(0 4 * * ? *)", "Actions": [{"CrawlerName": "c"}]}
    lake.glue.update_trigger(Name=lake.name, TriggerUpdate=update)
    assert state()["State"] == "DEACTIVATED"
    assert state()["Actions"] == update["Actions"]
    lake.glue.start_trigger(Name=lake.name)
    assert state()["State"] == "ACTIVATED"
    lake.glue.delete_trigger(Name=lake.name)
    with pytest.raises(lake.glue.exceptions.EntityNotFoundException):
        state()


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        ("SCHEDULED", {"Schedule": "rate(1 hour)"}, "cron"),
        ("SCHEDULED", {"Schedule": "cron(0 3 * * *)"}, "six fields"),
        ("SCHEDULED", {"Actions": [{}]}, "job or a crawler"),
        ("ON_DEMAND", {"StartOnCreation": True}, "StartOnCreation"),
        ("EVENT", {}, "EVENT"),
    ],
)
def test_what_would_never_fire_is_refused(
    lake: Lake, kind: str, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        _trigger(lake, kind, **more)


class _Glue:
    """Notes what is started."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []

    def start_job_run(self, **wanted: Any) -> None:
        self.started.append(wanted)


def test_an_activated_schedule_fires_once_when_its_time_comes() -> None:
    region = "eu-north-1"
    backend = glue_backends["123456789012"][region]
    glue = _Glue()
    context: Any = SimpleNamespace(client=lambda *_: glue)
    triggers = Triggers(context)
    three = datetime(2031, 5, 6, 3, tzinfo=UTC)
    try:
        for name, started in (("on", True), ("off", False)):
            backend.create_trigger(
                name=name,
                workflow_name="",
                trigger_type="SCHEDULED",
                schedule=NIGHTLY,
                predicate=None,
                actions=[_action(f"job-{name}")],
                description="",
                start_on_creation=started,
                tags={},
                event_batching_condition={},
            )
        triggers.tick(three - timedelta(seconds=1))
        glue.started.clear()
        for seconds in (1, 2):
            triggers.tick(three + timedelta(seconds=seconds))
            assert glue.started == [{"JobName": "job-on"}]
    finally:
        backend.triggers.clear()


def _action(job: str) -> Any:
    from moto.glue.utils import Action

    return Action({"JobName": job})
