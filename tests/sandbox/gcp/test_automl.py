"""AutoML tabular by google-cloud-aiplatform, unmodified: dataset, search, model, predictions."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.gcp.google import PARENT, Google

ROOT = Path(__file__).parents[3]
BUCKET = "automl-tables"
FEATURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
ADELIE = {
    "bill_length_mm": "39.1",
    "bill_depth_mm": "18.7",
    "flipper_length_mm": "181",
    "body_mass_g": 3750,
}

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


@pytest.fixture
def automl(vertex: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client, which asks oftener whether a pipeline has ended."""
    from google.cloud.aiplatform import training_jobs

    monkeypatch.setattr(training_jobs, "_JOB_WAIT_TIME", 0.2)
    return vertex


@pytest.fixture
def table(google: Google) -> str:
    client = google.storage()
    bucket = client.lookup_bucket(BUCKET) or client.create_bucket(BUCKET)
    bucket.blob("penguins.csv").upload_from_filename(str(ROOT / "data" / "penguins.csv"))
    return f"gs://{BUCKET}/penguins.csv"


def _body(dataset: str, **changes: Any) -> dict[str, Any]:
    inputs = {
        "predictionType": "classification",
        "targetColumn": "species",
        "transformations": [{"auto": {"columnName": name}} for name in FEATURES],
        "trainBudgetMilliNodeHours": 1000,
        **changes.pop("inputs", {}),
    }
    return {
        "displayName": "pipeline",
        "trainingTaskDefinition": "gs://google-cloud-aiplatform/schema/trainingjob/definition/"
        "automl_tabular_1.0.0.yaml",
        "trainingTaskInputs": inputs,
        "inputDataConfig": {"datasetId": dataset.rsplit("/", 1)[-1]},
        "modelToUpload": {"displayName": "found"},
        **changes,
    }


def _dataset(google: Google, *uris: str) -> str:
    body = {
        "displayName": "table",
        "metadataSchemaUri": "gs://google-cloud-aiplatform/schema/dataset/metadata/"
        "tabular_1.0.0.yaml",
        "metadata": {"inputConfig": {"gcsSource": {"uri": list(uris)}}},
    }
    made = google.done(google.call("POST", f"/v1/{PARENT}/datasets", body))
    return str(made["name"])


def _ended(google: Google, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 300
    while True:
        found = google.call("GET", f"/v1/{name}")
        if found["state"] in {
            "PIPELINE_STATE_SUCCEEDED",
            "PIPELINE_STATE_FAILED",
            "PIPELINE_STATE_CANCELLED",
        }:
            return dict(found)
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_the_official_client_trains_measures_deploys_and_predicts(automl: Any, table: str) -> None:
    dataset = automl.TabularDataset.create(display_name="penguins", gcs_source=table)
    assert set(FEATURES) < set(dataset.column_names)
    job = automl.AutoMLTabularTrainingJob(
        display_name="species",
        optimization_prediction_type="classification",
        column_specs=dict.fromkeys(FEATURES, "auto"),
    )
    model = job.run(
        dataset=dataset,
        target_column="species",
        training_fraction_split=0.7,
        validation_fraction_split=0.15,
        test_fraction_split=0.15,
        budget_milli_node_hours=1000,
        model_display_name="penguins-automl",
    )
    assert not job.has_failed
    (evaluation,) = model.list_model_evaluations()
    metrics = evaluation.metrics
    rows = metrics["confusionMatrix"]["rows"]
    right = sum(row[number] for number, row in enumerate(rows))
    assert right / sum(sum(row) for row in rows) > 0.9
    assert metrics["auRoc"] > 0.95
    assert model.get_model_evaluation().name == evaluation.name

    endpoint = model.deploy(machine_type="n1-standard-2")
    answer = endpoint.predict([ADELIE, {**ADELIE, "bill_length_mm": None}])
    first, second = answer.predictions
    assert first["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert sum(first["scores"]) == pytest.approx(1)
    assert first["scores"][0] > 0.9
    assert second["scores"] != first["scores"]
    with pytest.raises(Exception, match="'bill_depth_mm' of instance 0 is not a number"):
        endpoint.predict([{**ADELIE, "bill_depth_mm": "deep"}])

    endpoint.undeploy_all()
    endpoint.delete()
    model.delete()
    job.delete()
    dataset.delete()


def test_a_number_is_predicted_with_bounds_and_the_split_column_is_kept(
    google: Google, automl: Any
) -> None:
    lines = ["x,colour,y,part"]
    for number in range(60):
        part = "test" if number % 6 == 0 else "training"
        colour = "red" if number % 2 else "blue"
        lines.append(f"{number},{colour},{3 * number + (5 if number % 2 else 0)},{part}")
    # Text where a number belongs: the row does not count.
    lines.append("many,red,7,training")
    bucket = google.storage().lookup_bucket(BUCKET) or google.storage().create_bucket(BUCKET)
    bucket.blob("line-1.csv").upload_from_string("\n".join(lines[:40]) + "\n")
    bucket.blob("line-2.csv").upload_from_string("\n".join([lines[0], *lines[40:]]) + "\n")
    dataset = _dataset(google, f"gs://{BUCKET}/line-1.csv", f"gs://{BUCKET}/line-2.csv")
    body = _body(
        dataset,
        inputs={
            "predictionType": "regression",
            "targetColumn": "y",
            "transformations": [
                {"numeric": {"columnName": "x"}},
                {"categorical": {"columnName": "colour"}},
            ],
        },
    )
    body["inputDataConfig"]["predefinedSplit"] = {"key": "part"}
    made = google.call("POST", f"/v1/{PARENT}/trainingPipelines", body)
    ended = _ended(google, made["name"])
    assert ended["state"] == "PIPELINE_STATE_SUCCEEDED", ended
    model = automl.Model(ended["modelToUpload"]["name"])
    assert model.get_model_evaluation().metrics["rSquared"] > 0.98
    endpoint = model.deploy(machine_type="n1-standard-2")
    (found,) = endpoint.predict([{"x": 30, "colour": "red"}]).predictions
    assert found["value"] == pytest.approx(95, abs=10)
    assert found["lower_bound"] < found["value"] < found["upper_bound"]
    endpoint.undeploy_all()
    endpoint.delete()
    model.delete()


def test_a_search_is_cancelled_and_then_deleted(
    google: Google, table: str, gcp_sandbox: Any
) -> None:
    made = google.call(
        "POST",
        f"/v1/{PARENT}/trainingPipelines",
        _body(_dataset(google, table), inputs={"disableEarlyStopping": True}),
    )
    refused = google.call("DELETE", f"/v1/{made['name']}", status=400)
    assert "cancel it" in refused["error"]["message"]
    google.call("POST", f"/v1/{made['name']}:cancel", {})
    ended = _ended(google, made["name"])
    assert ended["state"] == "PIPELINE_STATE_CANCELLED"
    assert "name" not in ended["modelToUpload"]
    google.done(google.call("DELETE", f"/v1/{made['name']}"))
    google.call("GET", f"/v1/{made['name']}", status=404)
    kept = gcp_sandbox.state.root / "gcp" / "automl" / made["name"].rsplit("/", 1)[-1]
    assert not kept.exists()


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"trainBudgetMilliNodeHours": 999}, "between 1000 and 72000"),
        ({"optimizationObjective": "maximize-luck"}, "minimize-log-loss"),
        ({"predictionType": "ranking"}, "classification, regression"),
        ({"transformations": []}, "at least one"),
        ({"targetColumn": "body_mass_g"}, "target column"),
    ],
)
def test_what_the_api_refuses_is_refused(
    google: Google, table: str, inputs: dict[str, Any], reason: str
) -> None:
    body = _body(_dataset(google, table), inputs=inputs)
    answer = google.call("POST", f"/v1/{PARENT}/trainingPipelines", body, status=400)
    assert reason in answer["error"]["message"]


def test_a_table_that_does_not_fit_fails_the_pipeline_with_the_reason(
    google: Google, table: str
) -> None:
    body = _body(_dataset(google, table), inputs={"targetColumn": "genus"})
    made = google.call("POST", f"/v1/{PARENT}/trainingPipelines", body)
    ended = _ended(google, made["name"])
    assert ended["state"] == "PIPELINE_STATE_FAILED"
    assert "no target column 'genus'" in ended["error"]["message"]


def test_a_dataset_is_a_csv_file_in_cloud_storage(google: Google) -> None:
    body = {
        "displayName": "t",
        "metadataSchemaUri": "gs://google-cloud-aiplatform/schema/dataset/metadata/"
        "tabular_1.0.0.yaml",
        "metadata": {"inputConfig": {"bigquerySource": {"uri": "bq://p.d.t"}}},
    }
    answer = google.call("POST", f"/v1/{PARENT}/datasets", body, status=400)
    assert "BigQuery" in answer["error"]["message"]
