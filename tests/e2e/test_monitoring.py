"""Model monitoring on a stack that is up: real requests, the real job, the declared alarms."""

import csv
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from tests.e2e.project import NAME, Project

PATIENCE = 120
T = TypeVar("T")

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def _until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return found


def _report(running: Project, rows: int) -> dict[str, Any]:
    """Has the job compare until what was asked is stored; returns that report."""
    glue, s3 = running.client("glue"), running.client("s3")
    outputs = running.outputs()
    job = outputs["monitoring"]

    def start() -> str | None:
        try:
            arguments = {"--lag_minutes": "0"}
            return str(glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"])
        except glue.exceptions.ConcurrentRunsExceededException:
            return None  # the schedule's own run

    def ended(run: str) -> str | None:
        state = str(glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"])
        return None if state in ("STARTING", "RUNNING") else state

    def compared() -> dict[str, Any] | None:
        run = _until(start)
        assert _until(lambda: ended(run)) == "SUCCEEDED"
        bucket = outputs["buckets"]["artefacts"]
        stored = s3.list_objects_v2(Bucket=bucket, Prefix="monitoring/")["Contents"]
        newest = max(stored, key=lambda item: str(item["Key"]))
        found: dict[str, Any] = json.load(s3.get_object(Bucket=bucket, Key=newest["Key"])["Body"])
        return found if found["window"]["rows"] >= rows else None

    return _until(compared)


def _alarms(running: Project, state: str) -> set[str]:
    """Endings of the names of monitoring's alarms that are in a state."""
    pages = running.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return {
        alarm["AlarmName"].removeprefix(f"{NAME}-").rpartition("-")[0]
        for page in pages
        for alarm in page["MetricAlarms"]
        if alarm["Namespace"] == "Trimaran/Monitoring" and alarm["StateValue"] == state
    }


def test_requests_unlike_the_training_split_ring_the_alarm_of_their_feature(
    running: Project,
) -> None:
    features = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
    with (running.directory / "data" / "penguins.csv").open() as stream:
        table = [
            [float(row[name]) for name in features]
            for row in csv.DictReader(stream)
            if all(row[name] not in ("", "NA") for name in features)
        ]
    table *= 20  # far more than other tests on this stack ask
    running.predict(table)
    usual = _report(running, len(table))
    assert (usual["status"], usual["anomalies"]) == ("compared", [])
    assert usual["window"]["malformed"] == 0
    calm = {f"skew-{feature}" for feature in features}
    _until(lambda: calm <= _alarms(running, "OK"))

    for _ in range(3):
        running.predict([[*row[:3], row[3] + 3000] for row in table])
    moved = _report(running, 4 * len(table))
    # Yesterday nothing was asked, so that nothing can be said of drift.
    assert moved["anomalies"] == ["skew of body_mass_g"]
    assert moved["before"]["rows"] == 0
    _until(lambda: "skew-body_mass_g" in _alarms(running, "ALARM"))
    assert _alarms(running, "ALARM") == {"skew-body_mass_g"}
    described = running.client("glue").get_triggers(
        DependentJobName=running.outputs()["monitoring"]
    )
    (trigger,) = described["Triggers"]
    assert (trigger["State"], trigger["Schedule"]) == ("ACTIVATED", "cron(15 0 * * ? *)")
