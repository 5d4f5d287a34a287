"""What the GCP handlers decide by themselves, with prepared answers of the APIs."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from components.gcp.runs import cloud, dataflow_run, transfer_run
from components.gcp.runs.cloud import ApiError, base_url, explained
from components.gcp.runs.dataflow_run import DataflowRunHandler, command
from components.gcp.runs.transfer_run import TransferRunHandler
from components.gcp.vertex import jobs, model
from components.gcp.vertex.custom_job import CustomJobHandler
from components.gcp.vertex.deployment import DeploymentHandler, wanted
from components.gcp.vertex.model import ModelHandler, content_label
from components.gcp.vertex.tuning_job import TuningJobHandler, best
from components.runs.releases import history
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.values import UNKNOWN
from tests.unit.components.runs.conftest import RecordingContext

Answers = dict[tuple[str, str], Any]


def answering(answers: Answers, asked: list[tuple[str, str]]) -> Callable[..., dict[str, Any]]:
    """``call`` with prepared answers by method and end of the path; a list is used up."""

    def call(api: str, method: str, path: str, **_: Any) -> dict[str, Any]:
        asked.append((method, path))
        for (wanted_method, end), answer in answers.items():
            if method == wanted_method and path.endswith(end):
                found = answer.pop(0) if isinstance(answer, list) else answer
                if isinstance(found, Exception):
                    raise found
                return dict(found)
        raise AssertionError(f"nobody expected {method} {path}")

    return call


def trial(number: str, state: str, value: float | None, **parameters: float) -> dict[str, Any]:
    metrics = [] if value is None else [{"metricId": "accuracy", "value": value}]
    return {
        "id": number,
        "state": state,
        "finalMeasurement": {"metrics": metrics},
        "parameters": [{"parameterId": k, "value": v} for k, v in parameters.items()],
    }


def study(goal: str = "MAXIMIZE") -> dict[str, Any]:
    return {"name": "t", "studySpec": {"metrics": [{"metricId": "accuracy", "goal": goal}]}}


def test_the_best_trial_is_the_best_that_succeeded() -> None:
    trials = [
        trial("1", "SUCCEEDED", 0.8, learning_rate=0.01, batch_size=32.0),
        trial("2", "INFEASIBLE", 0.99, learning_rate=0.1, batch_size=64.0),
        trial("3", "SUCCEEDED", 0.9, learning_rate=0.02, batch_size=128.0),
        trial("4", "SUCCEEDED", None),
    ]
    found = best(study(), {"trials": trials})
    assert found["bestTrialId"] == "3"
    assert found["bestParameters"] == {"learning_rate": "0.02", "batch_size": "128"}
    assert found["trialCounts"] == {"SUCCEEDED": 3, "INFEASIBLE": 1}
    assert best(study("MINIMIZE"), {"trials": trials})["bestTrialId"] == "1"


def test_no_measured_trial_is_an_error_that_names_the_metric() -> None:
    with pytest.raises(ResourceFailedError, match="no trial reported the metric 'accuracy'"):
        best(study(), {"trials": [trial("1", "INFEASIBLE", None)]})


def job_inputs(**changes: Any) -> dict[str, Any]:
    pool = {"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1}
    spec = {"workerPoolSpecs": [pool], "scheduling": {"timeout": "60s"}}
    base = {"project": "p", "region": "r", "name": "job-1", "spec": spec}
    return {**base, "modelFile": None, "maxModelBytes": 1, **changes}


def test_an_older_failure_of_the_same_name_is_not_taken_up(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"name": "x/1", "displayName": "job-1", "state": "JOB_STATE_FAILED"}
    done = {"name": "x/2", "displayName": "job-1", "state": "JOB_STATE_SUCCEEDED"}
    asked: list[tuple[str, str]] = []
    answers: Answers = {
        ("GET", "/customJobs"): {"customJobs": [failed]},
        ("POST", "/customJobs"): done,
    }
    monkeypatch.setattr(jobs, "call", answering(answers, asked))
    resource_id, outputs = CustomJobHandler().create(context, job_inputs())
    assert (resource_id, outputs["resourceName"]) == ("job-1", "x/2")
    assert [method for method, _ in asked] == ["GET", "POST"]


def test_a_job_that_somebody_cancelled_is_told_with_its_trials(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = {
        "name": "x/1",
        "displayName": "job-1",
        "state": "JOB_STATE_CANCELLED",
        "trials": [{"id": "3", "state": "INFEASIBLE", "infeasibleReason": "out of memory"}],
    }
    answers: Answers = {
        ("GET", "/hyperparameterTuningJobs"): {},
        ("POST", "/hyperparameterTuningJobs"): cancelled,
    }
    monkeypatch.setattr(jobs, "call", answering(answers, []))
    monkeypatch.setattr(jobs, "excerpt", lambda *_: "The log")
    inputs = {
        **study(),
        "project": "p",
        "region": "r",
        "trialJobSpec": job_inputs()["spec"],
        "maxTrialCount": 2,
        "parallelTrialCount": 1,
    }
    with pytest.raises(ResourceFailedError, match=r"cancelled.*trial 3: out of memory"):
        TuningJobHandler().create(context, inputs)


def test_deleting_a_running_job_cancels_it_first(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = {"name": "x/1", "displayName": "job-1", "state": "JOB_STATE_RUNNING"}
    asked: list[tuple[str, str]] = []
    answers: Answers = {
        ("GET", "/x/1"): [running, running, {**running, "state": "JOB_STATE_CANCELLED"}],
        ("POST", ":cancel"): {},
        ("DELETE", "/x/1"): {"done": True},
        ("GET", "/customJobs"): {},
    }
    monkeypatch.setattr(jobs, "call", answering(answers, asked))
    CustomJobHandler().delete(context, "job-1", job_inputs(resourceName="x/1"))
    assert [method for method, _ in asked] == ["GET", "GET", "POST", "GET", "GET", "DELETE"]


@pytest.mark.parametrize(
    ("pools", "told"),
    [
        ([{"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 2}], "exactly one"),
        (
            [
                {
                    "machineSpec": {
                        "machineType": "n1-standard-4",
                        "acceleratorType": "TPU_V3",
                        "acceleratorCount": 8,
                    }
                }
            ],
            "takes no TPU",
        ),
    ],
)
def test_impossible_pools_are_refused_in_the_preview(
    context: RecordingContext, pools: list[Any], told: str
) -> None:
    inputs = job_inputs(spec={"workerPoolSpecs": pools})
    (failure,) = CustomJobHandler().check(context, {}, inputs)[1]
    assert told in failure.reason
    assert failure.property == "spec.workerPoolSpecs[0].machineSpec"


def test_unknown_pools_are_not_judged(context: RecordingContext) -> None:
    for spec in (UNKNOWN, {"workerPoolSpecs": UNKNOWN}):
        assert CustomJobHandler().check(context, {}, job_inputs(spec=spec))[1] == []


def test_the_default_version_gives_its_alias_away_before_it_goes(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = [
        {"versionId": "1", "versionAliases": []},
        {"versionId": "2", "versionAliases": ["default"]},
    ]
    asked: list[tuple[str, str]] = []
    answers: Answers = {
        ("GET", ":listVersions"): {"models": versions},
        ("POST", "@1:mergeVersionAliases"): {},
        ("DELETE", "@2:deleteVersion"): {"done": True},
    }
    monkeypatch.setattr(model, "call", answering(answers, asked))
    outputs = {"region": "r", "resourceName": "m", "versionId": "2"}
    ModelHandler().delete(context, "m@2", outputs)
    assert [method for method, _ in asked] == ["GET", "POST", "DELETE"]


def test_labels_are_no_part_of_a_versions_content() -> None:
    inputs = {"modelId": "m", "image": "i", "environment": {"MODEL_SHA256": "a"}}
    assert content_label(inputs) == content_label({**inputs, "labels": {"x": "y"}})
    assert content_label(inputs) != content_label({**inputs, "environment": {}})


def deployment(**changes: Any) -> dict[str, Any]:
    base = {
        "endpointName": "e",
        "modelName": "m@1",
        "region": "r",
        "machineType": "n1-standard-2",
        "minReplicas": 1,
        "maxReplicas": 3,
        "release": {"v": "1"},
        "keepHistory": 2,
    }
    return {**base, **changes}


def test_bounds_that_the_program_did_not_change_stay_as_they_are_live() -> None:
    old = deployment()
    assert wanted(deployment(modelName="m@2"), previous=old).keep_live_replicas
    assert not wanted(deployment(maxReplicas=4), previous=old).keep_live_replicas
    assert not wanted(old, previous=None).keep_live_replicas


def test_the_history_names_each_earlier_release_once() -> None:
    outputs = deployment(history=[{"v": "0"}, {"v": "2"}])
    assert history(outputs, deployment(release={"v": "2"})) == [{"v": "1"}, {"v": "0"}]


def test_impossible_bounds_and_machines_are_refused(context: RecordingContext) -> None:
    inputs = deployment(minReplicas=4, machineType="n9")
    failures = DeploymentHandler().check(context, {}, inputs)[1]
    assert [failure.property for failure in failures] == ["machineType", "minReplicas"]


def dataflow(**changes: Any) -> dict[str, Any]:
    base = {
        "project": "p",
        "region": "r",
        "jobName": "prep-1",
        "runner": "DataflowRunner",
        "arguments": {"--seed": "42"},
        "options": {"--no_use_public_ips": "", "--labels": "a=b,c=d"},
        "codeDirectory": "model_code",
        "trigger": "one",
        "processedUri": "gs://b/t",
        "timeoutMinutes": 1,
    }
    return {**base, **changes}


def test_dataflow_gets_its_options_and_other_runners_get_none() -> None:
    line = command(dataflow())
    assert {"--runner=DataflowRunner", "--job_name=prep-1", "--project=p"} <= set(line)
    assert {"--no_use_public_ips", "--labels=a=b", "--labels=c=d"} <= set(line)
    local = command(dataflow(runner="FnApiRunner"))
    assert "--no_use_public_ips" not in local
    assert not [item for item in local if item.startswith("--project")]


def test_a_dataflow_job_that_is_under_way_is_taken_up(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = {"id": "j1", "name": "prep-1", "currentState": "JOB_STATE_RUNNING"}
    answers: Answers = {
        ("GET", "/jobs"): {"jobs": [running]},
        ("GET", "/jobs/j1"): {**running, "currentState": "JOB_STATE_DONE"},
    }
    monkeypatch.setattr(dataflow_run, "call", answering(answers, []))
    _, outputs = DataflowRunHandler().create(context, dataflow())
    assert outputs["jobId"] == "j1"
    assert any("takes up job j1" in line for line in context.said("info"))


def test_the_pipeline_runs_again_only_when_its_trigger_changed(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Mapping[str, Any]] = []

    def run(_: object, inputs: Mapping[str, Any]) -> dict[str, Any]:
        ran.append(inputs)
        return {"jobId": "", "datasets": {}}

    monkeypatch.setattr(dataflow_run, "_run", run)
    outputs = dataflow(jobId="j", datasets={"train": "x"})
    handler = DataflowRunHandler()
    handler.update(context, "i", outputs, dataflow(timeoutMinutes=9))
    assert ran == []
    handler.update(context, "i", outputs, dataflow(trigger="two"))
    assert len(ran) == 1


def test_an_interrupted_run_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataflow_run, "command", lambda _: ["sleep", "60"])
    context = RecordingContext(name="prep", interrupt_after=0)
    with pytest.raises(OperationInterruptedError, match="the run was stopped"):
        DataflowRunHandler().create(context, dataflow(runner="FnApiRunner"))


def test_an_interruption_stops_a_dataflow_job_that_was_taken_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = {"id": "j1", "name": "prep-1", "currentState": "JOB_STATE_RUNNING"}
    asked: list[tuple[str, str]] = []
    answers: Answers = {("GET", "/jobs"): {"jobs": [running]}, ("PUT", "/jobs/j1"): {}}
    monkeypatch.setattr(dataflow_run, "call", answering(answers, asked))
    context = RecordingContext(name="prep", interrupt_after=0)
    with pytest.raises(OperationInterruptedError, match="the run was stopped"):
        DataflowRunHandler().create(context, dataflow())
    assert asked[-1] == ("PUT", "/v1b3/projects/p/locations/r/jobs/j1")


def transfer(**changes: Any) -> dict[str, Any]:
    base = {
        "project": "p",
        "transferJobName": "transferJobs/1",
        "trigger": "one",
        "expectedUri": "gs://b/t/x.csv",
        "timeoutMinutes": 5,
    }
    return {**base, **changes}


def test_a_transfer_waits_for_the_run_that_is_under_way(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = {"objectsCopiedToSink": "1", "bytesCopiedToSink": "9"}
    done = {
        "name": "transferOperations/7",
        "done": True,
        "metadata": {"status": "SUCCESS", "counters": counters},
    }
    answers: Answers = {
        ("POST", ":run"): ApiError(400, "FAILED_PRECONDITION", "active operation"),
        ("GET", "/transferJobs/1"): {"latestOperationName": "transferOperations/7"},
        ("GET", "/transferOperations/7"): [{**done, "done": False}, done],
    }
    monkeypatch.setattr(transfer_run, "call", answering(answers, []))
    monkeypatch.setattr(transfer_run, "object_exists", lambda _: True)
    _, outputs = TransferRunHandler().create(context, transfer())
    assert (outputs["objectsCopied"], outputs["bytesCopied"]) == (1, 9)


def test_a_transfer_with_errors_names_the_object_and_the_cause(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"url": "s3://a/b", "errorDetails": ["MD5 hash mismatch"]}
    broken = {
        "name": "transferOperations/7",
        "done": True,
        "metadata": {
            "status": "FAILED",
            "errorBreakdowns": [
                {"errorCode": "DATA_LOSS", "errorCount": "1", "errorLogEntries": [entry]}
            ],
        },
    }
    monkeypatch.setattr(transfer_run, "call", answering({("POST", ":run"): broken}, []))
    with pytest.raises(ResourceFailedError, match="DATA_LOSS: s3://a/b MD5 hash mismatch"):
        TransferRunHandler().create(context, transfer())


def test_endpoints_follow_the_variables_of_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert base_url("aiplatform", "r") == "https://r-aiplatform.googleapis.com"
    monkeypatch.setenv("GOOGLE_VERTEX_AI_CUSTOM_ENDPOINT", "http://127.0.0.1:9/v1/")
    assert base_url("aiplatform", "r") == "http://127.0.0.1:9"


def test_a_missing_sign_in_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    def nobody(**_: Any) -> None:
        raise GoogleAuthError("nobody is signed in")  # type: ignore[no-untyped-call]

    cloud.forget_session()
    monkeypatch.setattr(google.auth, "default", nobody)
    with (
        pytest.raises(ResourceFailedError, match="gcloud auth application-default login"),
        explained("job"),
    ):
        cloud.session()
