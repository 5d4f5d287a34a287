"""What Vertex AI sets in a training container, and what it looks for."""

import json
from pathlib import Path
from typing import Any

import pytest
import tuning_report
from training_settings import read_settings
from tuning_report import report_metric

CHANNELS = [f"--{name}=/data/{name}" for name in ("train", "validation", "test", "statistics")]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    tuning_report._lines.clear()
    for name in ("SM_HOSTS", "SM_CURRENT_HOST", "SM_MODEL_DIR", "CLUSTER_SPEC", "AIP_MODEL_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_trial_reports_its_metric_in_hypertunes_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "deep" / "output.metrics"
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", str(file))
    monkeypatch.setenv("CLOUD_ML_TRIAL_ID", "7")
    for step in range(1, 103):
        report_metric("accuracy", step / 1000, step=step)
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(entries) == 100  # the library's own limit
    assert entries[-1]["accuracy"] == "0.102"
    assert (entries[-1]["global_step"], entries[-1]["trial"]) == ("102", "7")


def test_outside_of_a_trial_nothing_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CLOUD_ML_TRIAL_ID", raising=False)
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", str(tmp_path / "output.metrics"))
    report_metric("accuracy", 0.5, step=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("task", "current"),
    [
        ({"type": "workerpool0", "index": 0}, "chief"),
        ({"type": "workerpool1", "index": 1}, "worker-1"),
    ],
)
def test_hosts_are_in_rank_order_the_primary_replica_first(
    monkeypatch: pytest.MonkeyPatch, task: dict[str, Any], current: str
) -> None:
    cluster = {"workerpool1": ["worker-0:2222", "worker-1:2222"], "workerpool0": ["chief:2222"]}
    monkeypatch.setenv("CLUSTER_SPEC", json.dumps({"cluster": cluster, "task": task}))
    settings = read_settings([*CHANNELS, "--model_dir=/model"])
    assert settings.hosts == ("chief", "worker-0", "worker-1")
    assert settings.current_host == current
    assert settings.averaging_port == 2222


def test_one_replica_trains_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"cluster": {"workerpool0": ["a:2222"]}, "task": {"type": "workerpool0", "index": 0}}
    monkeypatch.setenv("CLUSTER_SPEC", json.dumps(spec))
    settings = read_settings([*CHANNELS, "--model_dir=/model"])
    assert settings.hosts == (settings.current_host,)


def test_the_model_and_its_evaluation_go_where_the_service_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIP_MODEL_DIR", "gs://bucket/jobs/7/model/")
    settings = read_settings(CHANNELS)
    places = {name: place for name, (_, place) in settings.stored.items()}
    assert places == {
        "model_dir": "gs://bucket/jobs/7/model/",
        "output_data_dir": "gs://bucket/jobs/7/output/",
    }
    assert settings.model_dir.is_dir()
    assert settings.train == Path("/data/train")
