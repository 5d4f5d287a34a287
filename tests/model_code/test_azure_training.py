"""What Azure ML sets in a job, and what it looks for."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import mlflow_report
import pytest
import train
from model_artifact import load_model
from training_settings import read_settings

from tests.model_code.https_process import write_pair

CHANNELS = [f"--{name}=/data/{name}" for name in ("train", "validation", "test", "statistics")]
PATH = "/mlflow/v1.0/subscriptions/s/api/2.0/mlflow/runs/log-batch"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SM_HOSTS", "SM_CURRENT_HOST", "SM_MODEL_DIR", "CLUSTER_SPEC", "AIP_MODEL_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tracked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[tuple[str, str, dict[str, Any]]]]:
    """A job with a tracking server that keeps the calls; the first is answered with 503."""
    calls: list[tuple[str, str, dict[str, Any]]] = []
    statuses = iter([503])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = next(statuses, 200)
            if status == 200:
                calls.append((self.path, self.headers["Authorization"], body))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    certificate, key = write_pair(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("AZUREML_RUN_ID", "job-1")
    monkeypatch.setenv("MLFLOW_RUN_ID", "job-1")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "run-token")
    place = f"127.0.0.1:{server.server_port}/mlflow/v1.0/subscriptions/s"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"azureml://{place}")
    yield calls
    server.shutdown()
    server.server_close()


def test_a_job_logs_its_metrics_and_leaves_the_model_in_outputs(
    tracked: list[tuple[str, str, dict[str, Any]]],
    train_arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    train.main([*train_arguments, "--epochs", "3"])
    digest = capsys.readouterr().out.rpartition("model_sha256=")[2].strip()
    assert load_model(tmp_path / "outputs/model.pkl", digest=digest).classes
    evaluation = json.loads((tmp_path / "outputs/evaluation.json").read_text())
    assert {(path, token) for path, token, _ in tracked} == {(PATH, "Bearer run-token")}
    assert {body["run_id"] for _, _, body in tracked} == {"job-1"}
    values = [metric for _, _, body in tracked for metric in body["metrics"]]
    accuracy = [item for item in values if item["key"] == "accuracy"]
    assert [item["step"] for item in accuracy] == [1, 2, 3]
    test = {item["key"]: item["value"] for item in values if item["key"].startswith("test_")}
    assert test["test_accuracy"] == evaluation["accuracy"]


def test_metrics_that_cannot_be_stored_do_not_end_a_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AZUREML_RUN_ID", "job-1")
    monkeypatch.setenv("MLFLOW_RUN_ID", "job-1")
    for uri in ("https://127.0.0.1:9/mlflow", "http://127.0.0.1:9/mlflow"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        mlflow_report.log_metrics({"accuracy": 1.0}, step=1)
        assert "metrics were not logged" in capsys.readouterr().out


def test_outside_of_a_job_nothing_is_logged(
    tracked: list[tuple[str, str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZUREML_RUN_ID")
    mlflow_report.log_metrics({"accuracy": 1.0}, step=1)
    assert tracked == []


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_processes_of_a_distributed_job_know_their_rank(
    rank: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"MASTER_ADDR": "10.0.0.4", "MASTER_PORT": "6105", "WORLD_SIZE": "3", "RANK": str(rank)}
    for name, value in (told | {"AZUREML_RUN_ID": "job-1"}).items():
        monkeypatch.setenv(name, value)
    settings = read_settings([*CHANNELS, "--model_dir=/model"])
    assert settings.hosts[0] == "10.0.0.4"
    assert settings.hosts.index(settings.current_host) == rank
    assert (len(settings.hosts), settings.averaging_port) == (3, 6105)


def test_one_node_trains_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZUREML_RUN_ID", "job-1")
    settings = read_settings(CHANNELS)
    assert settings.hosts == (settings.current_host,)
    assert (settings.model_dir, settings.output_data_dir) == (Path("outputs"), Path("outputs"))
