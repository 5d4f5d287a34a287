"""Jobs that really run in the sandbox's Azure Machine Learning, waited for as `up` does."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.azure.runs.blob_upload import BlobUploadHandler
from components.azure.runs.blobs import file_digest
from components.azure.runs.cloud import call, forget_clients
from components.azure.runs.job_result import JobResultHandler
from components.packaging import file_sha256, pack_modules
from plugin.handler import (
    InitializationFailedError,
    OperationInterruptedError,
    ResourceFailedError,
)
from plugin.provider import Context
from tests.sandbox.running import RunningSandbox
from tests.sandbox.runs.azure_place import AzurePlace, read_folder, written_folder
from tests.sandbox.runs.conftest import Operation

ROOT = Path(__file__).parents[3]
TABLE = "data/penguins.csv"
FEATURES = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
SETS = ("train", "validation", "test", "statistics")
HANDLER = JobResultHandler()


@pytest.fixture(scope="module")
def place(sandbox: RunningSandbox) -> Iterator[AzurePlace]:
    """A workspace; the raw table is in its lake."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        forget_clients()
        found = AzurePlace(sandbox.environment["ARM_SUBSCRIPTION_ID"], "jobresults")
        found.open_workspace(sandbox.environment["ARM_TENANT_ID"])
        upload(found, "raw", "penguins/penguins.csv", TABLE)
        yield found
        forget_clients()


def upload(place: AzurePlace, container: str, path: str, source: str, **more: Any) -> str:
    inputs = {
        "accountUrl": place.account_url,
        "container": container,
        "path": path,
        "source": source,
        "sha256": file_sha256(ROOT / source),
        **more,
    }
    return BlobUploadHandler().create(Context(name=path), inputs)[0]


@pytest.fixture(scope="module")
def code(place: AzurePlace) -> str:
    """The id of model_code's version."""
    archive = pack_modules(ROOT / "model_code")
    return place.register_code(
        upload(place, "artefacts", "code/model", str(archive.path), unpack=True)
    )


@pytest.fixture(autouse=True)
def _reached(no_real_cloud: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test loses the environment that the module's fixtures had: here it is again."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


def inputs(place: AzurePlace, job_id: str, **changes: Any) -> dict[str, Any]:
    name = job_id.rsplit("/", 1)[-1]
    base = {
        "jobId": job_id,
        "accountUrl": place.account_url,
        "outputUrl": f"{place.account_url}artefacts/training/{name}/outputs",
        "modelFile": "model.pkl",
        "maxModelBytes": 2**31,
        "timeoutMinutes": 10,
    }
    return {**base, **changes}


@pytest.fixture(scope="module")
def prepared(place: AzurePlace, code: str) -> dict[str, Any]:
    """The inputs of training jobs, once the preparation's job has ended."""
    command = (
        "python prepare.py --input ${{inputs.table}}/penguins.csv --output ${{outputs.prepared}} "
        f"--features {FEATURES} --target species --seed 1"
    )
    job_id = place.start(
        "prep-1",
        place.command(
            code,
            command,
            inputs={"table": read_folder("raw", "penguins")},
            outputs={"prepared": written_folder("processed", "penguins/1")},
        ),
    )
    given = inputs(place, job_id, modelFile=None)
    _, outputs = HANDLER.create(Context(name="prep"), given)
    assert outputs["status"] == "Completed"
    return {name: read_folder("processed", f"penguins/1/{name}") for name in SETS}


def training(
    place: AzurePlace, code: str, prepared: dict[str, Any], name: str, *flags: str
) -> dict[str, Any]:
    places = " ".join(f"--{channel} ${{{{inputs.{channel}}}}}" for channel in SETS)
    out = "${{outputs.outputs}}"
    command = f"python train.py {places} --model_dir {out} --output_data_dir {out} --seed 1 "
    return place.command(
        code,
        command + " ".join(flags),
        inputs=prepared,
        outputs={"outputs": written_folder("artefacts", f"training/{name}/outputs")},
    )


def test_a_job_gives_its_model_measured_and_is_gone_after_its_deletion(
    place: AzurePlace, code: str, prepared: dict[str, Any], operation: Operation
) -> None:
    context = operation.context
    properties = training(place, code, prepared, "train-1", "--epochs 40", "--learning_rate 0.05")
    given = inputs(place, place.start("train-1", properties))
    resource_id, outputs = HANDLER.create(context, given)
    assert outputs["evaluation"]["accuracy"] >= 0.9
    assert outputs["metrics"]["accuracy"] >= 0.9
    digest = file_digest(outputs["modelUrl"], max_bytes=2**31, remedy="")
    assert outputs["modelSha256"] == digest
    state = {**given, **outputs}
    assert HANDLER.read(context, resource_id, state, given) is not None
    HANDLER.delete(context, resource_id, state)  # it has ended: nothing to cancel
    place.delete(resource_id)
    assert HANDLER.read(context, resource_id, state, given) is None


def test_a_failed_job_says_why_with_the_end_of_its_log(
    place: AzurePlace, code: str, prepared: dict[str, Any], operation: Operation
) -> None:
    properties = training(place, code, prepared, "train-2", "--epochs zero")
    given = inputs(place, place.start("train-2", properties))
    with pytest.raises(InitializationFailedError, match="job train-2 ended as failed") as failure:
        HANDLER.create(operation.context, given)
    text = str(failure.value)
    assert "status code" in text.splitlines()[0]
    log = text.partition("The log ends with")[2]
    assert "'zero'" in log


def test_an_interruption_leaves_the_job_which_is_taken_up_and_cancelled_on_deletion(
    place: AzurePlace, code: str, operation: Operation
) -> None:
    job_id = place.start("long-1", place.command(code, "sleep 600"))
    given = inputs(place, job_id, modelFile=None)
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(InitializationFailedError, match="takes it up") as failure:
        HANDLER.create(Context(name="long", cancelled=cancelled), given)
    assert isinstance(failure.value.__cause__, OperationInterruptedError)
    assert call("GET", job_id)["properties"]["status"] not in {"Canceled", "Failed"}
    left = dict(failure.value.outputs)
    HANDLER.delete(operation.context, job_id, left)
    assert call("GET", job_id)["properties"]["status"] == "Canceled"
    with pytest.raises(ResourceFailedError, match="canceled"):
        HANDLER.update(operation.context, job_id, left, given)


def test_a_sweeps_best_trial_gives_its_parameters_and_metrics(
    place: AzurePlace, code: str, prepared: dict[str, Any], operation: Operation
) -> None:
    trial = training(
        place,
        code,
        prepared,
        "${{name}}",
        "--epochs 5",
        "--learning_rate ${{search_space.learning_rate}}",
        "--batch_size ${{search_space.batch_size}}",
    )
    kept = ("command", "codeId", "environmentId")
    properties = {
        "jobType": "Sweep",
        "objective": {"goal": "Maximize", "primaryMetric": "accuracy"},
        "searchSpace": {
            "learning_rate": ["loguniform", [-6.9, -2.3]],
            "batch_size": ["choice", [[32, 64, 128]]],
        },
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "seed": 1},
        "limits": {"jobLimitsType": "Sweep", "maxTotalTrials": 3, "maxConcurrentTrials": 2},
        "trial": {name: trial[name] for name in kept},
        "inputs": prepared,
        "outputs": trial["outputs"],
    }
    given = inputs(place, place.start("sweep-1", properties), modelFile=None)
    _, outputs = HANDLER.create(operation.context, given)
    assert outputs["bestTrial"].startswith("sweep-1")
    parameters = outputs["bestParameters"]
    assert 0.001 <= float(parameters["learning_rate"]) <= 0.101
    assert parameters["batch_size"] in {"32", "64", "128"}
    assert outputs["metrics"]["accuracy"] > 0.3
    assert any("completed" in line or "running" in line for line in operation.lines)
