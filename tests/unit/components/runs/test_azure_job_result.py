"""Waiting for a job, and what of it is read, at the wire."""

import hashlib
from typing import Any

import pytest

from components.azure.runs.job_result import JobResultHandler
from plugin.handler import (
    InitializationFailedError,
    OperationInterruptedError,
    ResourceFailedError,
)
from plugin.values import UNKNOWN
from tests.unit.components.runs.azure_wire import WORKSPACE, Answer, AzureWire, refusal
from tests.unit.components.runs.conftest import RecordingContext

HANDLER = JobResultHandler()
MODEL = b"a model"
LOG = "azureml/ExperimentRun/dcid.{}/user_logs/std_log.txt"


def inputs(azure: AzureWire, name: str = "train-1", **changes: Any) -> dict[str, Any]:
    base = {
        "jobId": f"{WORKSPACE}/jobs/{name}",
        "accountUrl": azure.account_url,
        "outputUrl": f"{azure.account_url}artefacts/training/{name}/outputs",
        "modelFile": "model.pkl",
        "maxModelBytes": 100,
        "timeoutMinutes": 10,
    }
    return {**base, **changes}


def artefacts(azure: AzureWire, name: str = "train-1") -> None:
    folder = f"artefacts/training/{name}/outputs"
    azure.blobs[f"{folder}/model.pkl"] = MODEL
    azure.blobs[f"{folder}/evaluation.json"] = b'{"accuracy": 0.97, "note": "x", "ok": true}'


def logged(azure: AzureWire, **values: Any) -> None:
    data = {
        "metrics": [{"key": k, "value": v} for k, v in values.items() if isinstance(v, float)],
        "params": [{"key": k, "value": v} for k, v in values.items() if isinstance(v, str)],
    }
    azure.answers["GET", "/api/2.0/mlflow/runs/get"] = {"run": {"data": data}}


def test_a_job_is_waited_for_and_its_model_measured(
    azure: AzureWire, context: RecordingContext
) -> None:
    given = inputs(azure)
    azure.answers["GET", "/jobs/train-1"] = [
        azure.job("train-1", "Queued"),
        azure.job("train-1", "Running"),
        azure.job("train-1"),
    ]
    azure.blobs[LOG.format("train-1")] = b"epoch=1\nepoch=2 loss=0.1\n"
    artefacts(azure)
    logged(azure, accuracy=0.9, learning_rate="0.1")
    resource_id, outputs = HANDLER.create(context, given)
    assert resource_id == given["jobId"]
    assert outputs == {
        "jobName": "train-1",
        "status": "Completed",
        "bestTrial": "",
        "bestParameters": {},
        "metrics": {"accuracy": 0.9},
        "evaluation": {"accuracy": 0.97},
        "modelUrl": f"{given['outputUrl']}/model.pkl",
        "modelSha256": hashlib.sha256(MODEL).hexdigest(),
        "modelUri": "",
    }
    assert any("running" in said and "loss=0.1" in said for said in context.said("progress"))
    (asked,) = azure.requests("GET", "/runs/get")
    assert asked.path == f"/mlflow/v1.0{WORKSPACE}/api/2.0/mlflow/runs/get"
    assert asked.query == {"run_id": "train-1"}


def test_what_was_not_logged_is_no_error_and_a_missing_evaluation_is_told(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    artefacts(azure)
    del azure.blobs["artefacts/training/train-1/outputs/evaluation.json"]
    _, outputs = HANDLER.create(context, inputs(azure))
    assert (outputs["metrics"], outputs["evaluation"]) == ({}, {})
    assert "evaluation.json" in context.said("warning")[0]


@pytest.mark.parametrize("content", [b"", b"[1]", b"{"])
def test_an_evaluation_that_is_no_object_is_refused(
    azure: AzureWire, context: RecordingContext, content: bytes
) -> None:
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    artefacts(azure)
    azure.blobs["artefacts/training/train-1/outputs/evaluation.json"] = content
    with pytest.raises(ResourceFailedError, match="is no JSON object"):
        HANDLER.create(context, inputs(azure))


def test_a_job_without_a_model_has_none_to_read(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    for given in (inputs(azure, modelFile=None), inputs(azure, outputUrl=None)):
        _, outputs = HANDLER.create(context, given)
        assert (outputs["modelUrl"], outputs["modelSha256"]) == ("", "")


@pytest.mark.parametrize("limit", [len(MODEL), len(MODEL) - 1])
def test_a_model_has_a_greatest_size(
    azure: AzureWire, context: RecordingContext, limit: int
) -> None:
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    artefacts(azure)
    given = inputs(azure, maxModelBytes=limit)
    if limit == len(MODEL):
        assert HANDLER.create(context, given)[1]["modelSha256"]
        return
    with pytest.raises(ResourceFailedError, match="larger than 6 bytes"):
        HANDLER.create(context, given)


def test_a_completed_job_without_its_model_says_how_to_train_again(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    with pytest.raises(InitializationFailedError) as failure:
        HANDLER.create(context, inputs(azure))
    assert "model.pkl does not exist" in str(failure.value)
    assert f"{WORKSPACE}/jobs/train-1?api-version=" in str(failure.value)


def test_a_failed_job_says_why_with_the_end_of_its_log_and_stays_in_the_state(
    azure: AzureWire, context: RecordingContext
) -> None:
    error = {"error": {"code": "UserError", "message": "Execution failed: KeyError('x')"}}
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1", "Failed")
    azure.answers["GET", "/runs/train-1/details"] = {"error": error}
    azure.blobs[LOG.format("train-1")] = b"start\nTraceback\nKeyError: x\n"
    with pytest.raises(InitializationFailedError) as failure:
        HANDLER.create(context, inputs(azure))
    text = str(failure.value)
    assert text.startswith("job train-1 ended as failed: Execution failed: KeyError('x').\n")
    assert "The log ends with" in text
    assert "    KeyError: x" in text
    assert "In the studio: https://studio/run" in text
    assert failure.value.resource_id == f"{WORKSPACE}/jobs/train-1"
    (asked,) = azure.requests("GET", "/details")
    assert asked.path == f"/history/v1.0{WORKSPACE}/runs/train-1/details"


def test_a_quota_that_is_used_up_is_told_with_a_remedy(
    azure: AzureWire, context: RecordingContext
) -> None:
    error = {"error": {"code": "QuotaExceeded", "message": "Not enough cores"}}
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1", "Failed")
    azure.answers["GET", "/runs/train-1/details"] = {"error": error}
    with pytest.raises(ResourceFailedError, match="quota is used up: ask for more"):
        HANDLER.create(context, inputs(azure))


def test_an_unreadable_log_or_reason_does_not_hide_the_failure(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1", "Canceled")
    azure.answers["GET", "/details"] = refusal(403, "Forbidden", "no")
    azure.blob_refusals.append("AuthorizationPermissionMismatch")
    with pytest.raises(ResourceFailedError, match="canceled: somebody cancelled it") as failure:
        HANDLER.create(context, inputs(azure))
    assert "Nothing to read yet" in str(failure.value)


def test_an_interrupted_wait_leaves_the_job_and_the_next_update_takes_it_up(
    azure: AzureWire, context: RecordingContext
) -> None:
    given = inputs(azure, modelFile=None)
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1", "Running")
    interrupted = RecordingContext(name="train", interrupt_after=0)
    with pytest.raises(InitializationFailedError) as failure:
        HANDLER.create(interrupted, given)
    assert isinstance(failure.value.__cause__, OperationInterruptedError)
    assert "az ml job cancel --name train-1 --resource-group g --workspace-name w" in str(
        failure.value
    )
    assert azure.requests("POST") == []
    left = dict(failure.value.outputs)
    assert HANDLER.preview_update(left, given)["status"] is UNKNOWN
    with pytest.raises(InitializationFailedError, match="goes on with it"):
        HANDLER.read(context, given["jobId"], left, given)
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    assert HANDLER.update(context, given["jobId"], left, given)["status"] == "Completed"


def test_a_wait_that_is_over_leaves_the_job(azure: AzureWire) -> None:
    context = RecordingContext(name="train", timeout=0.05)
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1", "Queued")
    with pytest.raises(ResourceFailedError, match="still queued after 0 s"):
        HANDLER.create(context, inputs(azure))


def test_a_job_that_is_not_there_is_told_and_leaves_no_state(
    azure: AzureWire, context: RecordingContext
) -> None:
    with pytest.raises(ResourceFailedError, match="does not exist") as failure:
        HANDLER.create(context, inputs(azure))
    assert not isinstance(failure.value, InitializationFailedError)


def sweep(azure: AzureWire, status: str = "Completed", **properties: Any) -> dict[str, Any]:
    return azure.job(
        "sweep-1",
        status,
        jobType="Sweep",
        objective={"goal": "Maximize", "primaryMetric": "accuracy"},
        **properties,
    )


def test_a_sweeps_result_is_its_best_trials(azure: AzureWire, context: RecordingContext) -> None:
    azure.answers["GET", "/jobs/sweep-1"] = [
        sweep(azure, "Running"),
        sweep(azure, properties={"best_child_run_id": "sweep-1_3", "score": "0.95"}),
    ]
    children = [{"runId": "sweep-1_0", "status": "Completed"}, {"status": "Running"}]
    azure.answers["GET", "/runs/sweep-1/children"] = {"value": children}
    logged(azure, accuracy=0.95, learning_rate="0.02", batch_size="64")
    _, outputs = HANDLER.create(context, inputs(azure, "sweep-1", outputUrl=None))
    assert outputs["bestTrial"] == "sweep-1_3"
    assert outputs["bestParameters"] == {"learning_rate": "0.02", "batch_size": "64"}
    assert outputs["metrics"] == {"accuracy": 0.95}
    assert azure.requests("GET", "/runs/get")[0].query == {"run_id": "sweep-1_3"}
    assert any("1 completed, 1 running" in line for line in context.said("progress"))


def test_parameters_that_were_not_logged_are_those_the_trial_was_given(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/sweep-1"] = sweep(azure)
    details = {"properties": {"best_child_run_id": "sweep-1_3"}}
    azure.answers["GET", "/runs/sweep-1/details"] = details
    azure.answers["GET", "/jobs/sweep-1_3"] = azure.job("sweep-1_3", parameters={"lr": 0.02})
    _, outputs = HANDLER.create(context, inputs(azure, "sweep-1", outputUrl=None))
    assert outputs["bestParameters"] == {"lr": "0.02"}


def test_a_sweep_without_a_best_trial_names_the_metric(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/sweep-1"] = sweep(azure)
    with pytest.raises(ResourceFailedError, match=r"no best trial.*none logged 'accuracy'"):
        HANDLER.create(context, inputs(azure, "sweep-1", outputUrl=None))


def test_a_failed_sweep_shows_the_log_of_a_failed_trial(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/sweep-1"] = sweep(azure, "Failed")
    azure.answers["GET", "/children"] = {"value": [{"runId": "sweep-1_2", "status": "Failed"}]}
    azure.blobs[LOG.format("sweep-1_2")] = b"no such column\n"
    with pytest.raises(ResourceFailedError, match="sweep-1_2, failed") as failure:
        HANDLER.create(context, inputs(azure, "sweep-1", outputUrl=None))
    assert "    no such column" in str(failure.value)


def test_the_best_automl_trial_gives_the_address_of_its_model(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/auto-1"] = azure.job(
        "auto-1", jobType="AutoML", tags={"automl_best_child_run_id": "auto-1_7"}
    )
    logged(azure, accuracy=0.99)
    _, outputs = HANDLER.create(context, inputs(azure, "auto-1", outputUrl=None))
    assert outputs["modelUri"] == (
        "azureml://jobs/auto-1_7/outputs/artifacts/paths/outputs/mlflow-model/"
    )


def test_only_another_model_file_is_read_anew(azure: AzureWire, context: RecordingContext) -> None:
    given = inputs(azure)
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    artefacts(azure)
    resource_id, outputs = HANDLER.create(context, given)
    state = {**given, **outputs}
    longer = {**given, "timeoutMinutes": 99}
    azure.asked.clear()
    azure.blobs.clear()
    assert HANDLER.update(context, resource_id, state, longer) == outputs
    assert HANDLER.preview_update(state, longer)["modelSha256"] == outputs["modelSha256"]
    other = {**given, "modelFile": "other.pkl"}
    assert HANDLER.preview_update(state, other)["modelSha256"] is UNKNOWN
    azure.blobs["artefacts/training/train-1/outputs/other.pkl"] = b"other"
    changed = HANDLER.update(context, resource_id, state, other)
    assert changed["modelSha256"] == hashlib.sha256(b"other").hexdigest()


def test_another_job_is_another_result(azure: AzureWire, context: RecordingContext) -> None:
    given = inputs(azure)
    assert HANDLER.diff(context, "i", given, inputs(azure, "train-2")).replaces == {
        "jobId",
        "outputUrl",
    }
    unknown = HANDLER.diff(context, "i", given, {**given, "jobId": UNKNOWN})
    assert unknown.replaces == {"jobId"}
    assert set(HANDLER.preview_create({**given, "jobId": UNKNOWN})) == {
        *given,
        *HANDLER.computed,
    }


def test_a_deleted_job_or_model_is_gone_on_refresh(
    azure: AzureWire, context: RecordingContext
) -> None:
    given = inputs(azure)
    azure.answers["GET", "/jobs/train-1"] = azure.job("train-1")
    artefacts(azure)
    resource_id, outputs = HANDLER.create(context, given)
    state = {**given, **outputs}
    assert HANDLER.read(context, resource_id, state, given) is not None
    azure.blobs.clear()
    assert HANDLER.read(context, resource_id, state, given) is None
    artefacts(azure)
    azure.answers.clear()
    assert HANDLER.read(context, resource_id, state, given) is None


def test_deleting_cancels_a_job_that_runs_and_waits_for_its_end(
    azure: AzureWire, context: RecordingContext
) -> None:
    resource_id = f"{WORKSPACE}/jobs/train-1"
    states = ("Running", "Running", "CancelRequested", "Canceled")
    azure.answers["GET", "/jobs/train-1"] = [azure.job("train-1", state) for state in states]
    azure.answers["POST", "/jobs/train-1/cancel"] = Answer(None, 202)
    HANDLER.delete(context, resource_id, {})
    assert len(azure.requests("POST", "/cancel")) == 1
    assert len(context.pauses) == 3


@pytest.mark.parametrize("status", ["Completed", "Failed", "Canceled", None])
def test_deleting_leaves_a_job_that_has_ended_or_is_gone(
    azure: AzureWire, context: RecordingContext, status: str | None
) -> None:
    if status:
        azure.answers["GET", "/jobs/train-1"] = azure.job("train-1", status)
    HANDLER.delete(context, f"{WORKSPACE}/jobs/train-1", {})
    assert azure.requests("POST") == []


def test_a_job_that_ends_just_before_it_is_cancelled_is_no_error(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["GET", "/jobs/t"] = [azure.job("t", "Running"), azure.job("t")]
    azure.answers["POST", "/cancel"] = refusal(409, "Conflict", "it has ended")
    HANDLER.delete(context, f"{WORKSPACE}/jobs/t", {})
    azure.answers["GET", "/jobs/t"] = azure.job("t", "Running")
    azure.answers["POST", "/cancel"] = refusal(403, "AuthorizationFailed", "no")
    with pytest.raises(ResourceFailedError, match="AuthorizationFailed"):
        HANDLER.delete(context, f"{WORKSPACE}/jobs/t", {})


def test_an_id_of_something_else_is_refused_in_the_preview(context: RecordingContext) -> None:
    (failure,) = HANDLER.check(context, {}, {"jobId": "train-1"})[1]
    assert failure.property == "jobId"
    for fine in (UNKNOWN, f"{WORKSPACE}/jobs/train-1"):
        assert HANDLER.check(context, {}, {"jobId": fine, "timeoutMinutes": UNKNOWN})[1] == []


def test_a_wait_of_no_length_is_refused_in_the_preview(context: RecordingContext) -> None:
    (failure,) = HANDLER.check(context, {}, {"jobId": UNKNOWN, "timeoutMinutes": 0})[1]
    assert failure.property == "timeoutMinutes"
    assert HANDLER.check(context, {}, {"jobId": UNKNOWN, "timeoutMinutes": 1})[1] == []
