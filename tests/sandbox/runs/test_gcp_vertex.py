"""Preparation, jobs, models and deployments on the sandbox's Vertex AI, as `up` runs them."""

import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from components.gcp.code import MODULE, serving_libraries, training_package
from components.gcp.runs.cloud import ApiError, call, forget_session
from components.gcp.runs.dataflow_run import DataflowRunHandler
from components.gcp.serving import START
from components.gcp.training import study_spec
from components.gcp.vertex.custom_job import CustomJobHandler
from components.gcp.vertex.deployment import DeploymentHandler
from components.gcp.vertex.model import ModelHandler
from components.gcp.vertex.tuning_job import TuningJobHandler
from components.search import Search
from plugin.handler import InitializationFailedError, ResourceFailedError
from plugin.provider import Context
from tests.sandbox.running import RunningSandbox
from tests.sandbox.runs.conftest import Operation

ROOT = Path(__file__).parents[3]
PROJECT, REGION = "trimaran-local", "us-central1"
FEATURES = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
IMAGE = "us-docker.pkg.dev/vertex-ai/{}/sklearn-cpu.1-6:latest"
BUCKET = "gcp-runs"

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def gcp(sandbox: RunningSandbox) -> Iterator[Any]:
    """The shared sandbox with a bucket that holds the table and the code; its storage client."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        forget_session()
        client = import_module("google.cloud.storage").Client(project=PROJECT)
        bucket = client.create_bucket(BUCKET)
        bucket.blob("raw/penguins.csv").upload_from_filename(str(ROOT / "data" / "penguins.csv"))
        package = training_package(ROOT / "model_code", build=ROOT / ".build")
        bucket.blob("code/package-1.0.tar.gz").upload_from_filename(str(package.path))
        bucket.blob("code/libraries.zip").upload_from_filename(str(serving_libraries().path))
        yield client
        forget_session()


@pytest.fixture(autouse=True)
def _reached(no_real_cloud: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test loses the environment that the module's fixtures had: here it is again."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def datasets(gcp: Any) -> dict[str, str]:
    header = (ROOT / "data" / "penguins.csv").read_text().partition("\n")[0]
    inputs = {
        "project": PROJECT,
        "region": REGION,
        "jobName": "prep-1",
        "runner": "FnApiRunner",
        "arguments": {
            "--input": f"gs://{BUCKET}/raw/*.csv",
            "--table": "penguins",
            "--columns": header,
            "--features": FEATURES,
            "--target": "species",
        },
        "codeDirectory": "model_code",
        "trigger": "1",
        "processedUri": f"gs://{BUCKET}/processed",
        "timeoutMinutes": 5,
    }
    handler = DataflowRunHandler()
    resource_id, outputs = handler.create(Context(name="prep"), inputs)
    state = {**inputs, **outputs}
    assert handler.read(Context(), resource_id, state, inputs) is not None
    return dict(outputs["datasets"])


def spec(datasets: dict[str, str], name: str, *args: str, replicas: int = 1) -> dict[str, Any]:
    pool = {
        "machineSpec": {"machineType": "n1-standard-4"},
        "replicaCount": 1,
        "pythonPackageSpec": {
            "executorImageUri": IMAGE.format("training"),
            "packageUris": [f"gs://{BUCKET}/code/package-1.0.tar.gz"],
            "pythonModule": MODULE,
            "args": [*(f"--{key}={value}" for key, value in datasets.items()), *args],
        },
    }
    more = [{**pool, "replicaCount": replicas - 1}] if replicas > 1 else []
    return {
        "workerPoolSpecs": [pool, *more],
        "scheduling": {"timeout": "300s"},
        "baseOutputDirectory": {"outputUriPrefix": f"gs://{BUCKET}/training/{name}"},
    }


def job(datasets: dict[str, str], name: str, *args: str, replicas: int = 1) -> dict[str, Any]:
    return {
        "project": PROJECT,
        "region": REGION,
        "name": name,
        "spec": spec(datasets, name, *args, replicas=replicas),
        "modelFile": "model.joblib",
        "maxModelBytes": 2**31,
    }


@pytest.fixture(scope="module")
def trained(datasets: dict[str, str]) -> dict[str, Any]:
    inputs = job(datasets, "train-1", "--epochs=40", "--learning_rate=0.05")
    _, outputs = CustomJobHandler().create(Context(name="train"), inputs)
    return {**inputs, **outputs}


def test_a_job_gives_its_model_measured_and_is_taken_up_when_it_exists(
    trained: dict[str, Any], operation: Operation
) -> None:
    assert trained["evaluation"]["accuracy"] >= 0.9
    assert len(trained["modelSha256"]) == 64
    resource_id, again = CustomJobHandler().create(operation.context, trained)
    assert resource_id == "train-1"
    assert again["resourceName"] == trained["resourceName"]
    assert again["modelSha256"] == trained["modelSha256"]
    assert any("takes up" in line for line in operation.lines)


def test_two_replicas_train_one_model_which_outlives_the_jobs_record(
    datasets: dict[str, str], operation: Operation
) -> None:
    inputs = job(datasets, "train-2", "--epochs=5", replicas=2)
    handler = CustomJobHandler()
    resource_id, outputs = handler.create(operation.context, inputs)
    state = {**inputs, **outputs}
    assert outputs["evaluation"]["accuracy"] > 0.5
    handler.delete(operation.context, resource_id, state)
    assert handler.read(operation.context, resource_id, state, inputs) is not None
    handler.delete(operation.context, resource_id, state)  # gone already: no error


def test_a_failed_job_says_why_with_the_end_of_its_log(
    datasets: dict[str, str], operation: Operation
) -> None:
    with pytest.raises(ResourceFailedError, match=r"custom job train-3 failed.*'zero'") as failure:
        CustomJobHandler().create(operation.context, job(datasets, "train-3", "--epochs=zero"))
    assert "The log ends with" in str(failure.value)


def test_the_best_trial_is_found_and_an_interruption_leaves_the_job_to_be_taken_up(
    datasets: dict[str, str], operation: Operation
) -> None:
    search = Search(
        max_trials=4,
        parallel_trials=2,
        learning_rate=(0.001, 0.1),
        log_scale=True,
        batch_sizes=(32, 64, 128),
        epochs=3,
        early_stopping=False,
    )
    inputs = {
        "project": PROJECT,
        "region": REGION,
        "name": "tune-1",
        "studySpec": study_spec(search),
        "trialJobSpec": spec(datasets, "tune-1", "--epochs=3"),
        "maxTrialCount": 4,
        "parallelTrialCount": 2,
        "maxFailedTrialCount": 0,
    }
    handler = TuningJobHandler()
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(InitializationFailedError, match="takes it up"):
        handler.create(Context(name="tune", cancelled=cancelled), inputs)
    resource_id, outputs = handler.create(operation.context, inputs)
    assert any("takes up" in line for line in operation.lines)
    assert outputs["trialCounts"] == {"SUCCEEDED": 4}
    assert outputs["bestParameters"]["batch_size"] in {"32", "64", "128"}
    assert 0.001 <= float(outputs["bestParameters"]["learning_rate"]) <= 0.1
    handler.delete(operation.context, resource_id, {**inputs, **outputs})
    # The best trial left its model: without the record, nothing is searched again.
    assert handler.read(operation.context, resource_id, {**inputs, **outputs}, inputs) is not None


def test_a_model_is_released_changed_refused_and_withdrawn_without_an_interruption(
    trained: dict[str, Any], operation: Operation
) -> None:
    context = operation.context
    endpoint = f"projects/{PROJECT}/locations/{REGION}/endpoints/4000000001"
    call(
        "aiplatform",
        "POST",
        f"/v1/projects/{PROJECT}/locations/{REGION}/endpoints",
        region=REGION,
        body={"displayName": "e"},
        query={"endpointId": "4000000001"},
    )

    def model(**environment: str) -> tuple[str, dict[str, Any]]:
        inputs = {
            "project": PROJECT,
            "region": REGION,
            "modelId": "released",
            "artifactUri": trained["modelDataUrl"],
            "image": IMAGE.format("prediction"),
            "command": ["python3", "-c", START],
            "environment": {
                "MODEL_SHA256": trained["modelSha256"],
                "SERVING_LIBRARIES_URI": f"gs://{BUCKET}/code/libraries.zip",
                "SERVING_LIBRARIES_SHA256": serving_libraries().sha256,
                **environment,
            },
            "predictRoute": "/predict",
            "healthRoute": "/health",
            "port": 8080,
            "aliases": ["default"],
        }
        resource_id, outputs = ModelHandler().create(context, inputs)
        return resource_id, {**inputs, **outputs}

    def live() -> dict[str, Any]:
        return call("aiplatform", "GET", f"/v1/{endpoint}", region=REGION)

    def predicted() -> str:
        body = {"instances": [[39.1, 18.7, 181.0, 3750.0]]}
        answer = call("aiplatform", "POST", f"/v1/{endpoint}:predict", region=REGION, body=body)
        return str(answer["predictions"][0]["label"])

    first, first_state = model()
    assert model()[0] == first  # a killed update's version is taken up
    handler = DeploymentHandler()
    inputs: dict[str, Any] = {
        "endpointName": endpoint,
        "modelName": first,
        "region": REGION,
        "machineType": "n1-standard-2",
        "minReplicas": 1,
        "maxReplicas": 1,
        "release": {"model_data_url": "one"},
        "keepHistory": 10,
    }
    resource_id, outputs = handler.create(context, inputs)
    assert predicted() == "Adelie"

    # Somebody raises the bounds by hand: a new model keeps them.
    resources = {**live()["deployedModels"][0]["dedicatedResources"], "maxReplicaCount": 2}
    call(
        "aiplatform",
        "POST",
        f"/v1/{endpoint}:mutateDeployedModel",
        region=REGION,
        body={
            "deployedModel": {"id": outputs["deployedModelId"], "dedicatedResources": resources},
            "updateMask": "dedicatedResources.maxReplicaCount",
        },
    )
    second, second_state = model(VERSION="2")
    new = {**inputs, "modelName": second, "release": {"model_data_url": "two"}}
    changed = handler.update(context, resource_id, {**inputs, **outputs}, new)
    assert changed["history"] == [{"model_data_url": "one"}]
    assert live()["trafficSplit"] == {changed["deployedModelId"]: 100}
    (deployed,) = live()["deployedModels"]
    assert deployed["dedicatedResources"]["maxReplicaCount"] == 2
    ModelHandler().delete(context, first, first_state)

    # A model that is not the trusted one does not come up, and the old one goes on.
    bad, bad_state = model(MODEL_SHA256="00" * 32)
    with pytest.raises(ResourceFailedError, match="goes on serving what it served before"):
        handler.update(context, resource_id, {**new, **changed}, {**new, "modelName": bad})
    assert predicted() == "Adelie"
    ModelHandler().delete(context, bad, bad_state)

    handler.delete(context, resource_id, {**new, **changed})
    ModelHandler().delete(context, second, second_state)
    assert ModelHandler().read(context, second, second_state, second_state) is None
    assert handler.read(context, resource_id, {**new, **changed}, new) is None
    call("aiplatform", "DELETE", f"/v1/{endpoint}", region=REGION)
    with pytest.raises(ApiError):
        live()
