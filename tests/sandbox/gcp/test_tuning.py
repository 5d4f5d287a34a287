"""Tuning jobs through google-cloud-aiplatform: every trial is a process of its own."""

import time
from typing import Any

import pytest

from tests.sandbox.gcp.google import PARENT, Google
from tests.sandbox.running import eventually

IMAGE = "gcr.io/my-project/my-training-image"
JOBS = f"/v1/{PARENT}/hyperparameterTuningJobs"


def _pool(*arguments: str) -> dict[str, Any]:
    return {
        "machine_spec": {"machine_type": "n1-standard-4"},
        "replica_count": 1,
        "container_spec": {
            "image_uri": IMAGE,
            "command": ["python", "train.py"],
            "args": ["--epochs", "10", *arguments],
        },
    }


def _parameters() -> dict[str, Any]:
    from google.cloud.aiplatform import hyperparameter_tuning as tuning

    return {
        "learning_rate": tuning.DoubleParameterSpec(min=0.001, max=0.1, scale="log"),
        "batch_size": tuning.DiscreteParameterSpec(values=[32, 64, 128], scale="linear"),
    }


def _job(vertex: Any, *arguments: str, **settings: Any) -> Any:
    custom = vertex.CustomJob(
        display_name="trial", worker_pool_specs=[_pool(*arguments)], staging_bucket="gs://unused"
    )
    defaults = {"max_trial_count": 20, "parallel_trial_count": 2}
    return vertex.HyperparameterTuningJob(
        display_name="tune",
        custom_job=custom,
        metric_spec={"accuracy": "maximize"},
        parameter_spec=_parameters(),
        **{**defaults, **settings},
    )


def _body(*arguments: str, **fields: Any) -> dict[str, Any]:
    pool = {
        "machineSpec": {"machineType": "n1-standard-4"},
        "replicaCount": "1",
        "containerSpec": {
            "imageUri": IMAGE,
            "command": ["python", "train.py"],
            "args": ["--epochs", "10", *arguments],
        },
    }
    rate = {"minValue": 0.001, "maxValue": 0.1}
    study = {
        "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
        "parameters": [
            {"parameterId": "learning_rate", "doubleValueSpec": rate, "scaleType": 2},
            {"parameterId": "batch_size", "discreteValueSpec": {"values": [32, 64, 128]}},
        ],
        **fields.pop("study", {}),
    }
    return {
        "displayName": "tune",
        "studySpec": study,
        "trialJobSpec": {"workerPoolSpecs": [pool]},
        "maxTrialCount": 4,
        "parallelTrialCount": 2,
        **fields,
    }


def _end(google: Google, name: str) -> Any:
    def ended() -> Any:
        job = google.call("GET", f"/v1/{name}")
        return job if "endTime" in job else None

    return eventually(ended, timeout=60)


def _most_at_once(trials: list[Any]) -> int:
    starts = [(trial["startTime"], 1) for trial in trials]
    moments = sorted([*starts, *((trial["endTime"], -1) for trial in trials)])
    running = most = 0
    for _, change in moments:
        running += change
        most = max(most, running)
    return most


def test_twenty_trials_run_two_at_a_time_and_the_best_is_found(google: Google, vertex: Any) -> None:
    job = _job(vertex)
    job.run()
    trials = job.trials
    assert [trial.id for trial in trials] == [str(number) for number in range(1, 21)]
    assert {trial.state.name for trial in trials} == {"SUCCEEDED"}
    best = max(trials, key=lambda trial: trial.final_measurement.metrics[0].value)
    values = {parameter.parameter_id: parameter.value for parameter in best.parameters}
    assert 0.003 < values["learning_rate"] < 0.03
    assert {trial.final_measurement.step_count for trial in trials} == {10}
    assert all(
        0.001 <= parameter.value <= 0.1
        if parameter.parameter_id == "learning_rate"
        else parameter.value in (32, 64, 128)
        for trial in trials
        for parameter in trial.parameters
    )
    record = google.call("GET", f"/v1/{job.resource_name}")
    assert _most_at_once(record["trials"]) == 2
    lines = [line for line in google.log(job.name) if line.startswith("trial 7 of")]
    (seventh,) = [trial for trial in trials if trial.id == "7"]
    rate = next(p.value for p in seventh.parameters if p.parameter_id == "learning_rate")
    assert [f"learning_rate={rate}" in line for line in lines] == [True]
    shown = google.sandbox.command("logs", f"{job.name}/trial-7")
    assert lines[0] in shown.stdout


def test_a_failing_trial_is_infeasible_and_the_others_go_on(google: Google) -> None:
    grid = {
        "algorithm": "GRID_SEARCH",
        "parameters": [
            {"parameterId": "learning_rate", "discreteValueSpec": {"values": [0.001, 0.01, 0.1]}},
            {"parameterId": "batch_size", "discreteValueSpec": {"values": [32, 64]}},
        ],
    }
    body = _body("--fail_above", "0.05", study=grid, maxTrialCount=10)
    job = _end(google, google.call("POST", JOBS, body)["name"])
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert len(job["trials"]) == 6
    failed = [trial for trial in job["trials"] if trial["state"] == "INFEASIBLE"]
    assert len(failed) == 2
    assert all("learning rate is too high" in trial["infeasibleReason"] for trial in failed)
    assert all(trial["parameters"][0]["value"] == 0.1 for trial in failed)


def test_too_many_failures_fail_the_job(google: Google) -> None:
    body = _body("--fail_above", "0", maxFailedTrialCount=2, maxTrialCount=10)
    job = _end(google, google.call("POST", JOBS, body)["name"])
    assert job["state"] == "JOB_STATE_FAILED"
    assert "learning rate is too high" in job["error"]["message"]
    assert len(job["trials"]) < 10


def test_a_trial_that_reports_nothing_is_infeasible(google: Google) -> None:
    body = _body(maxTrialCount=1, parallelTrialCount=1)
    container = body["trialJobSpec"]["workerPoolSpecs"][0]["containerSpec"]
    container["command"] = ["python", "-c", "print('no metric')"]
    job = _end(google, google.call("POST", JOBS, body)["name"])
    assert job["state"] == "JOB_STATE_FAILED"
    assert "did not report accuracy" in job["trials"][0]["infeasibleReason"]


def test_a_job_cancelled_half_way_keeps_what_it_found(google: Google) -> None:
    body = _body("--seconds", "0.4", maxTrialCount=50)
    name = google.call("POST", JOBS, body)["name"]

    def found() -> bool:
        trials = google.call("GET", f"/v1/{name}")["trials"]
        return any(trial["state"] == "SUCCEEDED" for trial in trials)

    eventually(found)
    google.call("DELETE", f"/v1/{name}", status=400)
    google.call("POST", f"/v1/{name}:cancel", {})
    job = _end(google, name)
    assert job["state"] == "JOB_STATE_CANCELLED"
    assert 1 <= len(job["trials"]) < 50
    assert {trial["state"] for trial in job["trials"]} <= {"SUCCEEDED", "INFEASIBLE"}
    assert all("endTime" in trial for trial in job["trials"])
    time.sleep(0.5)
    assert not [line for line in google.sandbox.processes() if "train.py" in line]


def test_trials_without_prospects_are_stopped_early(google: Google) -> None:
    study = {
        "medianAutomatedStoppingSpec": {},
        "algorithm": "GRID_SEARCH",
        "parameters": [
            {"parameterId": "learning_rate", "discreteValueSpec": {"values": [0.001, 0.01]}},
            {"parameterId": "batch_size", "discreteValueSpec": {"values": [32, 64, 12800]}},
        ],
    }
    body = _body("--seconds", "0.8", study=study, maxTrialCount=6, parallelTrialCount=1)
    job = _end(google, google.call("POST", JOBS, body)["name"])
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    steps = [int(trial["finalMeasurement"]["stepCount"]) for trial in job["trials"]]
    assert steps[0] == steps[1] == 10
    assert steps[2] < 10


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"parallelTrialCount": 5}, "parallel_trial_count"),
        ({"maxTrialCount": 0}, "max_trial_count"),
        ({"study": {"metrics": []}}, "metrics"),
        ({"study": {"algorithm": "GRID_SEARCH"}}, "DOUBLE"),
        ({"study": {"parameters": [{"parameterId": "x", "doubleValueSpec":
            {"minValue": 0.0, "maxValue": 1.0}, "scaleType": "UNIT_LOG_SCALE"}]}}, "positive"),
    ],
    ids=["too parallel", "no trials", "no metric", "grid of doubles", "log of zero"],
)  # fmt: skip
def test_a_study_the_cloud_refuses_is_refused(
    google: Google, fields: dict[str, Any], reason: str
) -> None:
    answer = google.call("POST", JOBS, _body(**fields), status=400)
    assert reason in answer["error"]["message"]
