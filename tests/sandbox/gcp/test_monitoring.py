"""Model monitoring by google-cloud-aiplatform and by the resource: samples, skew, drift, log."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from components.gcp.monitoring import instance_schema
from components.gcp.runs.cloud import forget_session
from components.gcp.vertex.model_monitoring import ModelMonitoringHandler
from plugin.provider import Context
from sandbox.gcp.vertex.divergence import distance
from tests.sandbox.gcp.conftest import MONITORING_SECONDS
from tests.sandbox.gcp.google import LOCATION, PROJECT, Google

BUCKET = "monitored"
PATIENCE = 180.0

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]


@pytest.fixture
def endpoint(google: Google, vertex: Any) -> Iterator[Any]:
    """A model that adds up two numbers, deployed; the table it was trained on."""
    forget_session()
    client = google.storage()
    bucket = client.lookup_bucket(BUCKET) or client.create_bucket(BUCKET)
    rows = "".join(f"{number % 10},{number % 7},{number % 2}\n" for number in range(200))
    bucket.blob("table.csv").upload_from_string(f"a,b,y\n{rows}")
    bucket.blob("instance.yaml").upload_from_string(instance_schema(["a", "b"]))
    bucket.blob("model/weights").upload_from_string("1")
    model = vertex.Model.upload(
        display_name="sums",
        serving_container_image_uri="gcr.io/my-project/my-serving-image",
        serving_container_predict_route="/predict",
        serving_container_health_route="/health",
        artifact_uri=f"gs://{BUCKET}/model",
    )
    made = model.deploy(machine_type="n1-standard-2")
    yield made
    made.undeploy_all()
    made.delete()
    model.delete()
    forget_session()


def _inputs(endpoint: Any, **changes: Any) -> dict[str, Any]:
    return {
        "project": PROJECT,
        "region": LOCATION,
        "name": f"watch-{endpoint.name}",
        "endpointName": endpoint.resource_name,
        "deployedModelId": endpoint.list_models()[0].id,
        "trainingUri": f"gs://{BUCKET}/table.csv",
        "targetField": "y",
        "skewThresholds": {"a": 0.3, "b": 0.3},
        "driftThresholds": {"a": 0.3, "b": 0.3},
        "analysisSchemaUri": f"gs://{BUCKET}/instance.yaml",
        "sampleRate": 1.0,
        "intervalHours": 1,
        "notificationChannels": [],
        "logDays": 30,
        **changes,
    }


def _stats(google: Google, job: str, deployed: str) -> dict[str, Any]:
    body = {"deployedModelId": deployed}
    search = "searchModelDeploymentMonitoringStatsAnomalies"
    found = google.call("POST", f"/v1/{job}:{search}", body)["monitoringStats"]
    return {item["objective"]: item for item in found}


def test_requests_unlike_the_table_are_anomalies_told_in_the_log(
    google: Google, endpoint: Any
) -> None:
    handler = ModelMonitoringHandler()
    inputs = _inputs(endpoint)
    job, outputs = handler.create(Context(name="watch"), inputs)
    state = {**inputs, **outputs}
    assert handler.create(Context(name="watch"), inputs)[0] == job
    usual = [[number % 10, number % 7] for number in range(50)]
    endpoint.predict(usual)
    skew = _stats(google, job, inputs["deployedModelId"])["RAW_FEATURE_SKEW"]
    assert skew["anomalyCount"] == 0
    scores = {
        item["featureDisplayName"]: item["predictionStats"][0]["score"]
        for item in skew["featureStats"]
    }
    assert scores["a"] < 0.05
    # From now on `a` is far from the table, and ever farther from the time before.
    begun = time.monotonic()
    seen: set[str] = set()
    told: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE
    wanted = f'resource.labels.model_deployment_monitoring_job="{job.rsplit("/", 1)[-1]}"'
    entries = {"resourceNames": [f"projects/{PROJECT}"], "filter": wanted}
    while len(seen) < 2 or not told:
        assert time.monotonic() < deadline, (seen, told)
        offset = 100 * (1 + int((time.monotonic() - begun) // MONITORING_SECONDS))
        endpoint.predict([[number % 10 + offset, number % 7] for number in range(70)])
        for objective, found in _stats(google, job, inputs["deployedModelId"]).items():
            by_name = {item["featureDisplayName"]: item for item in found["featureStats"]}
            if found["anomalyCount"]:
                assert by_name["a"]["predictionStats"][0]["score"] > 0.3
                assert by_name["b"]["predictionStats"][0]["score"] < 0.3
                seen.add(objective)
        told = google.call("POST", "/v2/entries:list", entries)["entries"]
        time.sleep(0.3)
    assert told[0]["logName"].endswith("model_monitoring_anomaly")
    payload = json.loads(told[0]["textPayload"])
    assert payload["anomalyCount"] == 1
    # Higher thresholds, in place.
    new = _inputs(endpoint, skewThresholds={"a": 1.0}, driftThresholds={"a": 1.0})
    assert handler.update(Context(name="watch"), job, state, new) == {"resourceName": job}
    stats = _stats(google, job, inputs["deployedModelId"])
    assert {item["anomalyCount"] for item in stats.values()} == {0}
    assert handler.read(Context(), job, state, inputs) is not None
    handler.delete(Context(), job, state)
    assert handler.read(Context(), job, state, inputs) is None
    handler.delete(Context(), job, state)  # gone already: no error


def test_the_official_client_creates_updates_pauses_and_deletes(
    google: Google, vertex: Any, endpoint: Any
) -> None:
    from google.cloud.aiplatform import model_monitoring

    objective = model_monitoring.ObjectiveConfig(
        skew_detection_config=model_monitoring.SkewDetectionConfig(
            data_source=f"gs://{BUCKET}/table.csv",
            data_format="csv",
            target_field="y",
            skew_thresholds={"a": 0.2},
        ),
        drift_detection_config=model_monitoring.DriftDetectionConfig(drift_thresholds={"a": 0.2}),
    )
    job = vertex.ModelDeploymentMonitoringJob.create(
        display_name="official",
        endpoint=endpoint,
        objective_configs=objective,
        logging_sampling_strategy=model_monitoring.RandomSampleConfig(sample_rate=0.5),
        schedule_config=model_monitoring.ScheduleConfig(monitor_interval=1),
        alert_config=model_monitoring.EmailAlertConfig(
            user_emails=["a@example.com"], enable_logging=True
        ),
        analysis_instance_schema_uri=f"gs://{BUCKET}/instance.yaml",
    )
    kept = google.call("GET", f"/v1/{job.resource_name}")
    sampling = kept["loggingSamplingStrategy"]["randomSampleConfig"]
    assert sampling["sampleRate"] == 0.5
    assert kept["bigqueryTables"][0]["bigqueryTablePath"].endswith(".serving_predict")
    refused = google.call("DELETE", f"/v1/{job.resource_name}", status=400)
    assert "pause it" in refused["error"]["message"]
    job.update(display_name="renamed")
    assert google.call("GET", f"/v1/{job.resource_name}")["displayName"] == "renamed"
    job.pause()
    job.delete()
    google.call("GET", f"/v1/{job.resource_name}", status=404)


def test_a_model_that_is_not_deployed_is_not_monitored(google: Google, endpoint: Any) -> None:
    with pytest.raises(Exception, match="'0' is not deployed"):
        ModelMonitoringHandler().create(
            Context(name="watch"), _inputs(endpoint, deployedModelId="0")
        )


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"sampleRate": 0.0}, "sampleRate"),
        ({"intervalHours": 0}, "intervalHours"),
        ({"skewThresholds": {"a": 0.0}}, "skewThresholds"),
        ({"driftThresholds": {"a": 1.5}}, "driftThresholds"),
    ],
)
def test_what_would_never_tell_is_refused_in_the_preview(
    changes: dict[str, Any], place: str
) -> None:
    good = {"sampleRate": 1.0, "intervalHours": 1, "skewThresholds": {}, "driftThresholds": {}}
    handler = ModelMonitoringHandler()
    assert handler.check(Context(), {}, good)[1] == []
    _, failures = handler.check(Context(), {}, {**good, **changes})
    assert [failure.property for failure in failures] == [place]


def test_the_distance_is_that_of_the_service() -> None:
    assert distance([1, 2, 3], [1, 2, 3]) == 0
    # Nothing in common: one bit of divergence.
    assert distance([0.0, 0.1], [9.9, 10.0]) == pytest.approx(1)
    # Half of one, half of both: 1 - 3/4 · log2(3) + 1/2.
    assert distance([0, 0], [0, 10]) == pytest.approx(0.311278, abs=1e-6)
    assert distance(["x", "x"], ["x", "y"]) == 0.5
