"""Vertex AI's jobs as resources: interrupted, cancelled, deleted behind their back, refused."""

from typing import Any

import pytest

from components.gcp.runs.cloud import call
from components.gcp.vertex.custom_job import CustomJobHandler
from components.gcp.vertex.tuning_job import TuningJobHandler
from plugin.handler import Handler, InitializationFailedError, ResourceFailedError
from tests.sandbox.runs.conftest import Operation
from tests.sandbox.runs.gcp_cloud import (
    BUCKET,
    MODEL,
    UNDER_WAY,
    GcpRuns,
    Waiting,
    _bucket,
    gcp_runs,
)

__all__ = ["_bucket", "gcp_runs"]

CUSTOM, TUNING = "customJobs", "hyperparameterTuningJobs"
HANDLERS: dict[str, type[Handler]] = {CUSTOM: CustomJobHandler, TUNING: TuningJobHandler}
KINDS = pytest.mark.parametrize("kind", [CUSTOM, TUNING])

pytestmark = pytest.mark.filterwarnings("ignore")


def slow(runs: GcpRuns, kind: str, name: str, seconds: float) -> dict[str, Any]:
    """A job that takes its time, or two trials at once that do."""
    if kind == CUSTOM:
        return runs.custom(name, f"{MODEL}\ntime.sleep({seconds})  # {name}")
    return runs.tuning(name, f"--seconds={seconds}", f"--mark={name}", rates=(0.01, 0.02))


def at_work(runs: GcpRuns, name: str, kind: str) -> bool:
    """All of the job's processes are there."""
    return len(runs.processes(name)) >= (1 if kind == CUSTOM else 2)


def test_a_failing_trial_costs_the_search_only_itself(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    handler, inputs = TuningJobHandler(), gcp_runs.tuning("one-fails")
    resource_id, outputs = handler.create(operation.context, inputs)
    assert outputs["trialCounts"] == {"SUCCEEDED": 2, "INFEASIBLE": 1}
    assert (outputs["bestValue"], outputs["bestParameters"]) == (0.01, {"learning_rate": "0.01"})
    handler.delete(operation.context, resource_id, {**inputs, **outputs})


@pytest.mark.parametrize("allowed", [0, 3])
def test_a_search_without_any_success_ends_early_and_says_why(
    gcp_runs: GcpRuns, operation: Operation, allowed: int
) -> None:
    rates = tuple(0.06 + 0.01 * step for step in range(12))
    inputs = gcp_runs.tuning(f"all-fail-{allowed}", rates=rates, maxFailedTrialCount=allowed)
    handler = TuningJobHandler()
    with pytest.raises(InitializationFailedError) as failure:
        handler.create(operation.context, inputs)
    text = str(failure.value)
    assert f"tuning job all-fail-{allowed} failed: Too many failed trials" in text
    assert "Failed trials:" in text
    assert "The log ends with (Cloud Logging of trimaran-local" in text
    assert text.count("the learning rate is too high") >= 2
    (job,) = gcp_runs.records(TUNING, inputs["name"])
    assert max(allowed, 1) <= len(job["trials"]) < len(rates)

    # It stays in the state: the next update tries again, and a destroy takes both records away.
    left = dict(failure.value.outputs)
    with pytest.raises(InitializationFailedError) as again:
        handler.update(operation.context, inputs["name"], left, inputs)
    assert len(gcp_runs.records(TUNING, inputs["name"])) == 2
    handler.delete(operation.context, inputs["name"], again.value.outputs)
    assert gcp_runs.records(TUNING, inputs["name"]) == []


@KINDS
def test_an_interrupted_job_goes_on_and_the_next_update_has_its_results(
    gcp_runs: GcpRuns, operation: Operation, kind: str
) -> None:
    name = f"interrupted-{kind.lower()}"
    handler, inputs = HANDLERS[kind](), slow(gcp_runs, kind, name, 3)
    error = Waiting(handler, inputs).interrupt_when(lambda: at_work(gcp_runs, name, kind))
    assert isinstance(error, InitializationFailedError), error
    assert "the next `pulumi up` takes it up. To end it: `pulumi destroy`" in str(error)
    (job,) = gcp_runs.records(kind, name)
    assert job["state"] in UNDER_WAY
    left = dict(error.outputs)
    assert left == {**inputs, "resourceName": job["name"]}

    # A refresh in between forgets neither the job nor that its results are still to be read.
    with pytest.raises(InitializationFailedError, match="`pulumi up` goes on with it"):
        handler.read(operation.context, error.resource_id, left, inputs)
    outputs = handler.update(operation.context, error.resource_id, left, inputs)
    assert outputs.keys() == handler.computed
    assert outputs["resourceName"] == job["name"]
    assert len(gcp_runs.records(kind, name)) == 1
    state = {**inputs, **outputs}
    assert handler.read(operation.context, error.resource_id, state, inputs) is not None
    handler.delete(operation.context, error.resource_id, state)
    assert gcp_runs.records(kind, name) == []


@KINDS
def test_a_running_job_that_is_deleted_is_ended_with_all_of_its_processes(
    gcp_runs: GcpRuns, operation: Operation, kind: str
) -> None:
    name = f"destroyed-{kind.lower()}"
    handler, inputs = HANDLERS[kind](), slow(gcp_runs, kind, name, 600)
    error = Waiting(handler, inputs).interrupt_when(lambda: at_work(gcp_runs, name, kind))
    assert isinstance(error, InitializationFailedError), error
    assert gcp_runs.processes(name)
    handler.delete(operation.context, error.resource_id, error.outputs)
    assert any("cancelling" in line for line in operation.lines)
    assert gcp_runs.processes(name) == []
    assert gcp_runs.records(kind, name) == []

    quick = slow(gcp_runs, kind, name, 0)
    resource_id, outputs = handler.create(operation.context, quick)
    assert outputs.keys() == handler.computed
    handler.delete(operation.context, resource_id, {**quick, **outputs})


@KINDS
def test_a_job_that_somebody_cancels_and_deletes_is_made_anew_by_the_next_update(
    gcp_runs: GcpRuns, operation: Operation, kind: str
) -> None:
    name = f"taken-{kind.lower()}"
    handler, inputs = HANDLERS[kind](), slow(gcp_runs, kind, name, 600)
    waiting = Waiting(handler, inputs)

    def somebody() -> bool:
        if not at_work(gcp_runs, name, kind):
            return False
        (job,) = gcp_runs.records(kind, name)
        gcp_runs.act(job["name"], "cancel")
        gcp_runs.ended(job["name"])
        gcp_runs.act(job["name"], "delete")
        return True

    error = waiting.interrupt_when(somebody)
    assert isinstance(error, InitializationFailedError), error
    left = dict(error.outputs)
    assert handler.read(operation.context, error.resource_id, left, inputs) is None
    quick = slow(gcp_runs, kind, name, 0)
    outputs = handler.update(operation.context, error.resource_id, left, quick)
    assert outputs["resourceName"] != left["resourceName"]
    handler.delete(operation.context, error.resource_id, {**quick, **outputs})


def test_a_record_may_go_as_long_as_the_model_is_there(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    handler, inputs = CustomJobHandler(), gcp_runs.custom("retained")
    resource_id, outputs = handler.create(operation.context, inputs)
    state = {**inputs, **outputs}
    gcp_runs.act(outputs["resourceName"], "delete")
    found = handler.read(operation.context, resource_id, state, inputs)
    assert found is not None
    assert found.outputs == state

    gcp_runs.storage.bucket(BUCKET).blob("retained/model/model.joblib").delete()
    assert handler.read(operation.context, resource_id, state, inputs) is None
    _, again = handler.create(operation.context, inputs)
    assert again["resourceName"] != outputs["resourceName"]
    assert again["modelSha256"] == outputs["modelSha256"]
    handler.delete(operation.context, resource_id, {**inputs, **again})


def test_a_searchs_record_may_go_as_long_as_the_best_trials_output_is_there(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    handler, inputs = TuningJobHandler(), gcp_runs.tuning("retained-search", rates=(0.01, 0.02))
    resource_id, outputs = handler.create(operation.context, inputs)
    state = {**inputs, **outputs}
    blob = gcp_runs.storage.bucket(BUCKET).blob(
        f"retained-search/{outputs['bestTrialId']}/model/model.joblib"
    )
    blob.upload_from_string(b"m")
    gcp_runs.act(outputs["resourceName"], "delete")
    assert handler.read(operation.context, resource_id, state, inputs) is not None
    blob.delete()
    assert handler.read(operation.context, resource_id, state, inputs) is None


def test_a_job_that_left_no_model_is_not_taken_up_again(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    # As after a repair outside of the code, which the job's name does not tell: of data, of rights.
    code = f"import sys\nif sys.argv[1:] == ['none']: sys.exit()\n{MODEL}"
    handler, bad = CustomJobHandler(), gcp_runs.custom("no-model", code, "none")
    with pytest.raises(InitializationFailedError, match=r"`pulumi up` trains again") as failure:
        handler.create(operation.context, bad)
    assert "gs://gcp-small-runs/no-model/model/model.joblib does not exist" in str(failure.value)
    good = gcp_runs.custom("no-model", code)
    outputs = handler.update(operation.context, "no-model", failure.value.outputs, good)
    assert len(outputs["modelSha256"]) == 64
    assert len(gcp_runs.records(CUSTOM, "no-model")) == 2
    handler.delete(operation.context, "no-model", {**good, **outputs})
    assert gcp_runs.records(CUSTOM, "no-model") == []


def test_a_replacement_of_the_same_name_outlives_what_it_replaces(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    handler, inputs = CustomJobHandler(), gcp_runs.custom("replaced")
    resource_id, old = handler.create(operation.context, inputs)
    gcp_runs.storage.bucket(BUCKET).blob("replaced/model/model.joblib").delete()
    with pytest.raises(ResourceFailedError, match=r"pulumi up --replace '\*\*trimaran:gcp:Cus"):
        handler.update(
            operation.context, resource_id, {**inputs, **old}, {**inputs, "maxModelBytes": 11}
        )
    _, new = handler.create(operation.context, inputs)
    handler.delete(operation.context, resource_id, {**inputs, **old})
    (job,) = gcp_runs.records(CUSTOM, "replaced")
    assert job["name"] == new["resourceName"] != old["resourceName"]
    handler.delete(operation.context, resource_id, {**inputs, **new})


def limit(metric: str, value: int, region: str) -> str:
    """Limits a quota of the project itself; the override's name."""
    path = (
        "/v1beta1/projects/trimaran-local/services/aiplatform.googleapis.com/consumerQuotaMetrics/"
        f"aiplatform.googleapis.com%2F{metric}/limits/%2Fproject%2Fregion/consumerOverrides"
    )
    body = {"overrideValue": str(value), "dimensions": {"region": region}}
    # Service Usage is on the sandbox's one address as well.
    answer = call("aiplatform", "POST", path, region=region, body=body)
    return str(answer["response"]["name"])


def test_machines_beyond_the_quota_are_refused_with_what_where_and_the_remedy(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    region = "europe-west1"
    override = limit("custom_model_training_cpus", 7, region)
    one = gcp_runs.custom("within-quota", region=region)
    resource_id, outputs = CustomJobHandler().create(operation.context, one)
    many = gcp_runs.tuning("beyond-quota", region=region)
    with pytest.raises(ResourceFailedError) as failure:
        TuningJobHandler().create(operation.context, many)
    assert not isinstance(failure.value, InitializationFailedError)
    text = str(failure.value)
    assert text.startswith(
        "tuning job beyond-quota: RESOURCE_EXHAUSTED: The following quota metrics exceed quota "
        "limits: aiplatform.googleapis.com/custom_model_training_cpus."
    )
    assert f"Quota custom_model_training_cpus of region {region} is used up" in text
    assert "fewer parallel trials" in text
    assert gcp_runs.records(TUNING, "beyond-quota", region) == []

    less = {**many, "parallelTrialCount": 1}
    tuning_id, found = TuningJobHandler().create(operation.context, less)
    TuningJobHandler().delete(operation.context, tuning_id, {**less, **found})
    CustomJobHandler().delete(operation.context, resource_id, {**one, **outputs})
    call("aiplatform", "DELETE", f"/v1beta1/{override}", region=region)
    tuning_id, found = TuningJobHandler().create(operation.context, many)
    TuningJobHandler().delete(operation.context, tuning_id, {**many, **found})


def test_quotas_count_gpus_spot_machines_and_regions_apart(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    region, handler = "europe-west3", CustomJobHandler()
    gpu = {"machineType": "n1-standard-4", "acceleratorType": "NVIDIA_TESLA_T4"}
    pool = {"machineSpec": {**gpu, "acceleratorCount": 1}}
    spec = gcp_runs.spec(MODEL, name="gpu", **pool)
    limit("custom_model_training_nvidia_t4_gpus", 0, region)
    limit("custom_model_training_preemptible_cpus", 3, region)
    on_demand = gcp_runs.custom("gpu", region=region, spec=spec)
    with pytest.raises(ResourceFailedError, match="custom_model_training_nvidia_t4_gpus of region"):
        handler.create(operation.context, on_demand)
    spot = {**spec, "scheduling": {"timeout": "60s", "strategy": "SPOT"}}
    with pytest.raises(ResourceFailedError, match="training_preemptible_cpus of region") as refused:
        handler.create(operation.context, {**on_demand, "spec": spot})
    assert "t4" not in str(refused.value)
    elsewhere = {**on_demand, "region": "europe-west4"}
    resource_id, outputs = handler.create(operation.context, elsewhere)
    handler.delete(operation.context, resource_id, {**elsewhere, **outputs})


@pytest.mark.parametrize(
    ("machine", "program", "cloud"),
    [
        (
            {"machineType": "n1-standard-4", "acceleratorType": "TPU_V3", "acceleratorCount": 8},
            "n1-standard-4 takes no TPU: use machine type cloud-tpu",
            'TPU_V3" is not supported for machine type "n1-standard-4"',
        ),
        (
            {"machineType": "cloud-tpu", "acceleratorType": "TPU_V2", "acceleratorCount": 5},
            "TPU_V2 comes with 8, 32",
            "5 is not a number of TPU_V2 cores",
        ),
        (
            {"machineType": "e2-standard-4", "acceleratorType": "NVIDIA_L4", "acceleratorCount": 1},
            "NVIDIA_L4 cannot be attached to e2-standard-4",
            'NVIDIA_L4" is not supported for machine type "e2-standard-4"',
        ),
    ],
)
def test_machines_that_do_not_exist_are_refused_by_the_program_and_by_the_cloud(
    gcp_runs: GcpRuns, operation: Operation, machine: dict[str, Any], program: str, cloud: str
) -> None:
    handler = CustomJobHandler()
    inputs = gcp_runs.custom("impossible", spec=gcp_runs.spec(MODEL, machineSpec=machine))
    (refused,) = handler.check(operation.context, {}, inputs)[1]
    assert program in refused.reason
    with pytest.raises(ResourceFailedError, match="custom job impossible: INVALID_ARGUMENT") as e:
        handler.create(operation.context, inputs)
    assert cloud in str(e.value)
    assert gcp_runs.records(CUSTOM, "impossible") == []
