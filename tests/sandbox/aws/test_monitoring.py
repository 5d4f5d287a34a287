"""Model monitoring on captured requests: the Glue job really runs and alarms change their state."""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.packaging import pack_modules
from tests.sandbox.aws.lake import Lake
from tests.sandbox.aws.test_glue_jobs import finished, lines
from tests.sandbox.running import eventually

CODE = Path(__file__).resolve().parents[3] / "model_code"
ENDPOINT = "shop"
FEATURES = ("price", "weight")
MEAN, STD = {"price": 50.0, "weight": 3.0}, {"price": 20.0, "weight": 2.0}
USUAL = [[20.0 + 3 * (n % 21), 0.5 * (n % 13)] for n in range(84)]
MOVED = [[price, weight + 5] for price, weight in USUAL]


@pytest.fixture
def monitored(lake: Lake) -> Lake:
    """The training split, its statistics, and the job."""
    columns = {
        name: [(row[place] - MEAN[name]) / STD[name] for row in USUAL]
        for place, name in enumerate(FEATURES)
    }
    lake.put_parquet("table/train/part-0.parquet", {**columns, "kind": ["a"] * len(USUAL)})
    statistics = {"features": list(FEATURES), "mean": MEAN, "std": STD}
    lake.put("table/statistics/statistics.json", json.dumps(statistics))
    modules = pack_modules(CODE, entries=["drift_glue"]).path.read_bytes()
    thresholds = {name: {"skew": 0.3, "drift": 0.3} for name in FEATURES}
    bucket = f"s3://{lake.name}"
    lake.glue.create_job(
        Name=lake.name,
        Role="arn:aws:iam::123456789012:role/monitoring",
        GlueVersion="5.0",
        Command={
            "Name": "glueetl",
            "ScriptLocation": lake.put("drift_glue.py", (CODE / "drift_glue.py").read_bytes()),
        },
        DefaultArguments={
            "--job-language": "python",
            "--extra-py-files": lake.put("modules.zip", modules),
            "--region": "us-east-1",
            "--endpoint": f"{ENDPOINT}-{lake.name}",
            "--captured_uri": f"{bucket}/captured/{ENDPOINT}/AllTraffic",
            "--train_uri": f"{bucket}/table/train/",
            "--statistics_uri": f"{bucket}/table/statistics/",
            "--report_uri": f"{bucket}/monitoring",
            "--namespace": "Test/Monitoring",
            "--thresholds": json.dumps(thresholds),
            "--min_rows": "30",
            "--interval_hours": "1",
            "--lag_minutes": "0",
        },
    )
    return lake


def _capture(
    lake: Lake, rows: Sequence[Sequence[float]], *, minutes_ago: float, more: str = ""
) -> None:
    """One request, stored as SageMaker does."""
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    asked = {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": json.dumps(rows),
        "encoding": "JSON",
    }
    record = {
        "captureData": {"endpointInput": asked},
        "eventMetadata": {"eventId": "1", "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"},
        "eventVersion": "0",
    }
    key = f"captured/{ENDPOINT}/AllTraffic/{moment:%Y/%m/%d/%H}/{moment:%M-%S-%f}.jsonl"
    lake.put(key, f"{json.dumps(record)}\n{more}")


def _report(lake: Lake) -> dict[str, Any]:
    """Runs the job; returns the report that it names in its log."""
    run = lake.glue.start_job_run(JobName=lake.name)["JobRunId"]
    ended = finished(lake, run)
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    told = lines(lake, "/aws-glue/jobs/output", run)[-1]
    key = told.removeprefix(f"report: s3://{lake.name}/")
    body = io.BytesIO(lake.s3.get_object(Bucket=lake.name, Key=key)["Body"].read())
    report: dict[str, Any] = json.load(body)
    return report


def _alarm(lake: Lake, feature: str) -> str:
    """As the component declares it, with the endpoint's own name."""
    name = f"{lake.name}-skew-{feature}"
    lake.sandbox.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Test/Monitoring",
        MetricName="Skew",
        Dimensions=[
            {"Name": "EndpointName", "Value": f"{ENDPOINT}-{lake.name}"},
            {"Name": "Feature", "Value": feature},
        ],
        Statistic="Maximum",
        Period=3600,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0.3,
        TreatMissingData="ignore",
    )
    return name


def _state(lake: Lake, alarm: str) -> str:
    found = lake.sandbox.client("cloudwatch").describe_alarms(AlarmNames=[alarm])
    return str(found["MetricAlarms"][0]["StateValue"])


def test_a_window_without_requests_says_so_and_moves_no_alarm(monitored: Lake) -> None:
    alarm = _alarm(monitored, "price")
    report = _report(monitored)
    assert report["status"].startswith("no requests")
    assert report["anomalies"] == []
    assert report["features"]["price"]["skew"]["divergence"] is None
    assert _state(monitored, alarm) == "INSUFFICIENT_DATA"


def test_requests_like_training_ring_no_alarm_and_shifted_ones_name_the_feature(
    monitored: Lake,
) -> None:
    alarms = {feature: _alarm(monitored, feature) for feature in FEATURES}
    _capture(monitored, USUAL, minutes_ago=90)
    _capture(monitored, USUAL, minutes_ago=10, more='{"captureData": {"endpo\n')
    report = _report(monitored)
    assert (report["status"], report["anomalies"]) == ("compared", [])
    assert (report["window"]["requests"], report["before"]["requests"]) == (1, 1)
    assert report["window"]["malformed"] == 1
    assert report["features"]["weight"]["skew"]["divergence"] == pytest.approx(0, abs=1e-9)
    eventually(lambda: all(_state(monitored, alarm) == "OK" for alarm in alarms.values()))

    for minutes in (1, 2, 3):
        _capture(monitored, MOVED, minutes_ago=minutes)
    report = _report(monitored)
    assert report["anomalies"] == ["skew of weight", "drift of weight"]
    eventually(lambda: _state(monitored, alarms["weight"]) == "ALARM")
    assert _state(monitored, alarms["price"]) == "OK"


def test_a_training_split_that_is_not_there_is_told_by_its_place(monitored: Lake) -> None:
    monitored.s3.delete_object(Bucket=monitored.name, Key="table/train/part-0.parquet")
    run = monitored.glue.start_job_run(JobName=monitored.name)["JobRunId"]
    reason = finished(monitored, run)["ErrorMessage"]
    assert f"no training split below s3://{monitored.name}/table/train/" in reason
