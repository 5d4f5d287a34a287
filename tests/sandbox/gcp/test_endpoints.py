"""Models and endpoints through google-cloud-aiplatform: predictions come from real processes."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions

from sandbox.gcp.environment import PROJECT
from tests.sandbox.gcp.google import PARENT, Google
from tests.sandbox.running import ROOT, eventually

ADDER = "gcr.io/my-project/my-serving-image:1"
PREBUILT = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
MACHINE = "n1-standard-2"
ROUTES = {"serving_container_predict_route": "/p", "serving_container_health_route": "/h"}


def _adder(vertex: Any, who: str, **settings: Any) -> Any:
    return vertex.Model.upload(
        display_name="adder",
        serving_container_image_uri=ADDER,
        serving_container_environment_variables={"WHO": who},
        **settings,
    )


@pytest.fixture
def endpoint(vertex: Any) -> Iterator[Any]:
    """An endpoint that goes away with all that is deployed to it."""
    made = vertex.Endpoint.create(display_name="test", labels={"purpose": "test"})
    yield made
    made.undeploy_all()
    made.delete()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own model, trained on the sample table."""
    directory = tmp_path_factory.mktemp("penguins")
    code, prepared, model = ROOT / "model_code", directory / "prepared", directory / "model"
    features = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
    prepare = ["--input", str(ROOT / "data/penguins.csv"), "--output", str(prepared)]
    channels = [
        text
        for name in ("train", "validation", "test", "statistics")
        for text in (f"--{name}", str(prepared / name))
    ]
    train = [*channels, "--model_dir", str(model), "--output_data_dir", str(directory / "out")]
    for program, arguments in (
        ("prepare.py", [*prepare, "--features", features, "--target", "species"]),
        ("train.py", [*train, "--epochs", "20"]),
    ):
        subprocess.run(
            [sys.executable, str(code / program), *arguments],
            check=True,
            capture_output=True,
            env={"PATH": os.environ["PATH"]},
        )
    return model


def test_the_projects_model_answers_from_a_prebuilt_image(
    google: Google, vertex: Any, endpoint: Any, trained: Path
) -> None:
    bucket = google.storage().create_bucket("penguin-model")
    for path in trained.rglob("*"):
        if path.is_file():
            bucket.blob(f"v1/{path.relative_to(trained)}").upload_from_filename(path)
    digest = hashlib.sha256((trained / "model.joblib").read_bytes()).hexdigest()
    model = vertex.Model.upload(
        display_name="penguins",
        artifact_uri="gs://penguin-model/v1",
        serving_container_image_uri=PREBUILT,
        serving_container_environment_variables={"MODEL_SHA256": digest},
    )
    endpoint.deploy(model, machine_type=MACHINE, min_replica_count=1, max_replica_count=1)
    answer = endpoint.predict([[1, 2, 3, 4], [39.1, 18.7, 181, 3750]])
    assert answer.predictions[1]["label"] == "Adelie"
    assert sum(answer.predictions[0]["probabilities"].values()) == pytest.approx(1)
    assert answer.model_resource_name == model.resource_name
    with pytest.raises(exceptions.BadRequest):
        endpoint.predict([["not a number", 2, 3, 4]])
    raw = google.rest.post(
        f"/v1/{endpoint.resource_name}:rawPredict",
        content=b"39.1,18.7,181,3750\n",
        headers={"content-type": "text/csv", "accept": "text/csv"},
    )
    assert raw.text.startswith("Adelie,")
    assert raw.headers["x-vertex-ai-deployed-model-id"] == answer.deployed_model_id
    endpoint.undeploy_all()
    with pytest.raises(exceptions.BadRequest, match="no deployed model"):
        endpoint.predict([[1, 2, 3, 4]])
    model.delete()


def test_traffic_is_split_shifted_and_the_old_model_undeployed(
    google: Google, vertex: Any, endpoint: Any
) -> None:
    old, new = _adder(vertex, "old", **ROUTES), _adder(vertex, "new")
    endpoint.deploy(old, machine_type=MACHINE, traffic_percentage=100)
    endpoint.deploy(new, machine_type=MACHINE, traffic_percentage=30)
    ids = {item.model: item.id for item in endpoint.list_models()}
    old_id, new_id = ids[old.resource_name], ids[new.resource_name]
    assert endpoint.traffic_split == {old_id: 70, new_id: 30}
    answers = [endpoint.predict([[1, 2], [3, 4]]).predictions for _ in range(80)]
    assert {item["sum"] for answer in answers for item in answer} == {3, 7}
    counts = Counter(answer[0]["who"] for answer in answers)
    assert 8 <= counts["new"] <= 45
    body = {"deployedModelId": old_id, "trafficSplit": {old_id: 50, new_id: 50}}
    google.call("POST", f"/v1/{endpoint.resource_name}:undeployModel", body, status=400)
    endpoint.undeploy(old_id, traffic_split={new_id: 100})
    assert endpoint.traffic_split == {new_id: 100}
    assert {endpoint.predict([[1]]).predictions[0]["who"] for _ in range(10)} == {"new"}


def test_deletes_in_the_wrong_order_are_refused(vertex: Any, endpoint: Any) -> None:
    model = _adder(vertex, "x")
    endpoint.deploy(model, machine_type=MACHINE)
    with pytest.raises(exceptions.BadRequest, match="deployed"):
        endpoint.delete()
    with pytest.raises(exceptions.BadRequest, match="deployed"):
        model.delete()
    endpoint.undeploy_all()
    model.delete()
    with pytest.raises(exceptions.NotFound):
        vertex.Model(model.resource_name)


def test_errors_of_the_container_come_back_as_its_own(vertex: Any, endpoint: Any) -> None:
    endpoint.deploy(_adder(vertex, "x"), machine_type=MACHINE)
    with pytest.raises(exceptions.BadRequest, match="an instance is wrong"):
        endpoint.predict(["wrong"])
    with pytest.raises(exceptions.BadRequest, match="1572864"):
        endpoint.predict([["x" * 1_600_000]])


def test_requests_are_told_as_time_series(google: Google, vertex: Any, endpoint: Any) -> None:
    endpoint.deploy(_adder(vertex, "x"), machine_type=MACHINE)
    for _ in range(3):
        endpoint.predict([[1, 2]])
    with pytest.raises(exceptions.BadRequest, match="an instance is wrong"):
        endpoint.predict(["wrong"])

    def series(metric: str, aligner: str, reducer: str = "REDUCE_SUM", **query: Any) -> Any:
        kind = "aiplatform.googleapis.com/prediction/online"
        given = {
            "filter": f'metric.type="{kind}/{metric}" AND resource.labels.endpoint_id="{number}"',
            "interval.startTime": "2026-01-01T00:00:00Z",
            "interval.endTime": "2126-01-01T00:00:00Z",
            "aggregation.alignmentPeriod": "86400s",
            "aggregation.perSeriesAligner": aligner,
            "aggregation.crossSeriesReducer": reducer,
            **query,
        }
        return google.rest.get(f"/v3/projects/{PROJECT}/timeSeries", params=given)

    number = endpoint.name
    (requests,) = series("prediction_count", "ALIGN_DELTA").json()["timeSeries"]
    assert requests["resource"]["labels"]["endpoint_id"] == number
    assert sum(int(point["value"]["int64Value"]) for point in requests["points"]) == 4
    (errors,) = series("error_count", "ALIGN_SUM").json()["timeSeries"]
    assert sum(int(point["value"]["int64Value"]) for point in errors["points"]) == 1
    answer = series("prediction_latencies", "ALIGN_DELTA", "REDUCE_PERCENTILE_99")
    (latency,) = answer.json()["timeSeries"]
    assert 0 < latency["points"][0]["value"]["doubleValue"] < 60_000
    elsewhere = {"filter": 'metric.type="x" AND metric.label.unknown="y"'}
    assert series("prediction_count", "ALIGN_DELTA", **elsewhere).status_code == 400
    assert series("prediction_count", "ALIGN_STDDEV").status_code == 400


def test_a_model_that_does_not_start_is_not_deployed(
    google: Google, vertex: Any, endpoint: Any
) -> None:
    model = vertex.Model.upload(
        display_name="crashes",
        serving_container_image_uri=ADDER,
        serving_container_environment_variables={"CRASH": "yes"},
    )
    with pytest.raises(exceptions.GoogleAPICallError, match="this model cannot be loaded"):
        endpoint.deploy(model, machine_type=MACHINE)
    assert google.call("GET", f"/v1/{endpoint.resource_name}")["deployedModels"] == []
    assert not [line for line in google.sandbox.processes() if "serving_image" in line]


def test_replicas_follow_the_minimum(google: Google, vertex: Any, endpoint: Any) -> None:
    endpoint.deploy(_adder(vertex, "x"), machine_type=MACHINE, max_replica_count=2)

    def running() -> int:
        marks = [line for line in google.sandbox.processes() if "serving_image/serve.py" in line]
        return len(marks)

    (deployed,) = endpoint.list_models()
    assert running() == 1
    body = {
        "deployedModel": {"id": deployed.id, "dedicatedResources": {"minReplicaCount": 2}},
        "updateMask": "dedicatedResources.minReplicaCount",
    }
    path = f"/v1/{endpoint.resource_name}:mutateDeployedModel"
    google.done(google.call("POST", path, body))
    assert running() == 2
    endpoint.undeploy_all()
    assert eventually(lambda: running() == 0)


def test_versions_share_a_model_and_aliases_move(google: Google, vertex: Any) -> None:
    first = _adder(vertex, "1", version_aliases=["blue"])
    second = _adder(
        vertex, "2", parent_model=first.resource_name, is_default_version=True,
        version_aliases=["green"],
    )  # fmt: skip
    assert (first.version_id, second.version_id) == ("1", "2")
    assert first.resource_name == second.resource_name
    registry = vertex.models.ModelRegistry(first.resource_name)
    aliases = {item.version_id: set(item.version_aliases) for item in registry.list_versions()}
    assert aliases == {"1": {"blue"}, "2": {"green", "default"}}
    registry.add_version_aliases(["default"], "1")
    assert vertex.Model(first.resource_name).version_id == "1"
    assert vertex.Model(f"{first.resource_name}@green").version_id == "2"
    with pytest.raises(exceptions.BadRequest, match="default version"):
        registry.delete_version("default")
    registry.delete_version("green")
    with pytest.raises(exceptions.NotFound):
        registry.get_version_info("2")
    first.delete()


def test_a_key_must_be_granted_to_vertex(google: Google) -> None:
    key = f"{PARENT}/keyRings/none/cryptoKeys/none"
    body = {"displayName": "x", "encryptionSpec": {"kmsKeyName": key}}
    answer = google.call("POST", f"/v1/{PARENT}/endpoints", body, status=403)
    assert "does not exist" in answer["error"]["message"]
