"""AutoML as resources, on the sandbox's Vertex AI."""

import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from components.gcp.runs.cloud import call, forget_session
from components.gcp.vertex.automl_job import AutomlJobHandler
from components.gcp.vertex.pipelines import numbers
from components.gcp.vertex.tabular_dataset import TabularDatasetHandler
from plugin.handler import InitializationFailedError, OperationInterruptedError
from plugin.provider import Context
from tests.sandbox.running import RunningSandbox
from tests.sandbox.runs.conftest import Operation

ROOT = Path(__file__).parents[3]
PROJECT, REGION = "trimaran-local", "us-central1"
PARENT = f"/v1/projects/{PROJECT}/locations/{REGION}"
BUCKET = "gcp-automl-runs"
COLUMNS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def bucket(sandbox: RunningSandbox) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        forget_session()
        client = import_module("google.cloud.storage").Client(project=PROJECT)
        made = client.create_bucket(BUCKET)
        made.blob("penguins.csv").upload_from_filename(str(ROOT / "data" / "penguins.csv"))
        yield made
        client.close()
        forget_session()


@pytest.fixture(autouse=True)
def _reached(no_real_cloud: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def table(bucket: Any, operation: Operation) -> Iterator[str]:
    inputs = {
        "project": PROJECT,
        "region": REGION,
        "name": "penguins-1",
        "uris": [f"gs://{BUCKET}/penguins.csv"],
        "labels": {"stage": "one"},
    }
    handler = TabularDatasetHandler()
    resource_id, outputs = handler.create(operation.context, inputs)
    yield resource_id
    handler.delete(operation.context, resource_id, {**inputs, **outputs})
    assert handler.read(operation.context, resource_id, {**inputs, **outputs}, inputs) is None
    handler.delete(operation.context, resource_id, {**inputs, **outputs})  # gone: no error


def job(table: str, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "project": PROJECT,
        "region": REGION,
        "name": name,
        "datasetName": table,
        "modelId": "compared",
        "targetColumn": "species",
        "columns": dict.fromkeys(COLUMNS, "numeric"),
        "predictionType": "classification",
        "budgetMilliNodeHours": 1000,
        "earlyStopping": True,
        "split": {
            "fractionSplit": {
                "trainingFraction": 0.7,
                "validationFraction": 0.15,
                "testFraction": 0.15,
            }
        },
        **changes,
    }


def versions() -> list[str]:
    found = call("aiplatform", "GET", f"{PARENT}/models/compared:listVersions", region=REGION)
    return sorted(str(item["versionId"]) for item in found["models"])


def test_a_dataset_is_taken_up_and_changes_its_labels_only(
    table: str, operation: Operation
) -> None:
    handler = TabularDatasetHandler()
    inputs = {
        "project": PROJECT,
        "region": REGION,
        "name": "penguins-1",
        "uris": [f"gs://{BUCKET}/penguins.csv"],
    }
    assert handler.create(operation.context, inputs)[0] == table
    changed = {**inputs, "labels": {"stage": "two"}}
    handler.update(operation.context, table, {**inputs, "resourceName": table}, changed)
    assert call("aiplatform", "GET", f"/v1/{table}", region=REGION)["labels"] == {"stage": "two"}
    _, refused = handler.check(operation.context, {}, {**inputs, "uris": ["gs://b/t.parquet"]})
    assert "CSV" in refused[0].reason


def test_a_search_gives_a_measured_version_and_the_next_content_another(
    table: str, operation: Operation
) -> None:
    handler = AutomlJobHandler()
    inputs = job(table, "search-1")
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(InitializationFailedError, match="the next `pulumi up` takes it up") as cut:
        handler.create(Context(name="automl", cancelled=cancelled), inputs)
    assert isinstance(cut.value.__cause__, OperationInterruptedError)
    left = dict(cut.value.outputs)
    first = handler.update(operation.context, "search-1", left, inputs)
    assert any("takes up" in line for line in operation.lines)
    assert first["resourceName"] == left["resourceName"]
    assert first["evaluation"]["accuracy"] > 0.9
    assert {"auRoc", "auPrc", "logLoss"} < first["evaluation"].keys()
    state = {**inputs, **first}
    assert handler.create(operation.context, inputs) == ("search-1", first)

    other = job(table, "search-2", optimizationObjective="minimize-log-loss")
    _, second = handler.create(operation.context, other)
    assert second["modelVersionName"].split("@")[0] == first["modelVersionName"].split("@")[0]
    assert versions() == ["1", "2"]
    # What a replacement does: the new one is there before the old one goes.
    handler.delete(operation.context, "search-1", state)
    assert versions() == ["2"]
    assert handler.read(operation.context, "search-1", state, inputs) is None
    later = {**other, **second}
    # The record may be cleaned up; what counts is the model.
    call("aiplatform", "DELETE", f"/v1/{second['resourceName']}", region=REGION)
    assert handler.read(operation.context, "search-2", later, other) is not None
    handler.delete(operation.context, "search-2", later)
    assert handler.read(operation.context, "search-2", later, other) is None
    handler.delete(operation.context, "search-2", later)  # gone already: no error


def test_a_search_that_fails_says_why_and_is_cancelled_when_it_is_deleted(
    table: str, operation: Operation
) -> None:
    handler = AutomlJobHandler()
    with pytest.raises(InitializationFailedError, match="no target column 'genus'"):
        handler.create(operation.context, job(table, "search-3", targetColumn="genus"))
    inputs = job(table, "search-4", earlyStopping=False)
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(InitializationFailedError) as cut:
        handler.create(Context(name="automl", cancelled=cancelled), inputs)
    handler.delete(operation.context, "search-4", cut.value.outputs)
    assert handler.read(operation.context, "search-4", cut.value.outputs, inputs) is None


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"budgetMilliNodeHours": 72001}, "budgetMilliNodeHours"),
        ({"optimizationObjective": "minimize-rmse"}, "optimizationObjective"),
        ({"predictionType": "ranking"}, "predictionType"),
        ({"targetColumn": "body_mass_g"}, "columns"),
        ({"split": {"fractionSplit": {}, "predefinedSplit": {}}}, "split"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_the_preview(
    changes: dict[str, Any], place: str, operation: Operation
) -> None:
    _, failures = AutomlJobHandler().check(operation.context, {}, job("d", "n", **changes))
    assert [failure.property for failure in failures] == [place]
    assert AutomlJobHandler().check(operation.context, {}, job("d", "n"))[1] == []


def test_the_accuracy_of_an_evaluation_is_the_diagonal_of_its_confusion_matrix() -> None:
    metrics = {"auRoc": 0.5, "confusionMatrix": {"rows": [[3, 1], [0, 4]]}, "more": [1]}
    assert numbers(metrics) == {"auRoc": 0.5, "accuracy": 7 / 8}
    assert numbers({"rSquared": 0.25}) == {"rSquared": 0.25}
