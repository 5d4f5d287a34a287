"""The serving container's command, in a library set that has nothing but the model's libraries."""

import hashlib
import http.server
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from components.gcp.code import serving_libraries
from components.gcp.serving import START
from sandbox.serving import free_port
from tests.sandbox.gcp.google import Google
from tools.library_sets import environment

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BUCKET = "container-start"
PATIENCE = 120.0

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter as bare as an image may be."""
    found = environment(HERE / "bare_image.lock")
    for module in ("starlette", "uvicorn", "anyio", "h11", "google.cloud.storage"):
        command: list[str | Path] = [found, "-c", f"import {module}"]
        missing = subprocess.run(command, capture_output=True, check=False)
        assert missing.returncode == 1, f"{module} is there: this proves nothing"
    return found


@pytest.fixture(scope="module")
def model(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model trained in the same library set, with the code that serves it."""
    work = tmp_path_factory.mktemp("model")
    features = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
    table = ["--input", str(ROOT / "data/penguins.csv"), "--output", str(work / "sets")]
    _script(python, "prepare.py", *table, "--features", features, "--target", "species")
    sets = ("train", "validation", "test", "statistics")
    channels = [text for name in sets for text in (f"--{name}", str(work / "sets" / name))]
    outputs = ["--model_dir", str(work / "model"), "--output_data_dir", str(work / "output")]
    _script(python, "train.py", *channels, *outputs, "--epochs", "20")
    return work / "model"


def _script(python: Path, name: str, *arguments: str) -> None:
    done = subprocess.run(
        [python, str(ROOT / "model_code" / name), *arguments],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def deployed(google: Google, model: Path) -> dict[str, str]:
    """Model and libraries in Cloud Storage; the environment that the service would set."""
    client = google.storage()
    bucket = client.lookup_bucket(BUCKET) or client.create_bucket(BUCKET)
    for path in (path for path in model.rglob("*") if path.is_file()):
        bucket.blob(f"job/model/{path.relative_to(model)}").upload_from_filename(str(path))
    libraries = serving_libraries()
    bucket.blob("code/libraries.zip").upload_from_filename(str(libraries.path))
    return {
        "PATH": os.environ["PATH"],
        "STORAGE_EMULATOR_HOST": google.url,
        "AIP_MODE": "PREDICTION",
        "AIP_HTTP_PORT": str(free_port()),
        "AIP_HEALTH_ROUTE": "/health",
        "AIP_PREDICT_ROUTE": "/predict",
        "AIP_STORAGE_URI": f"gs://{BUCKET}/job/model",
        "MODEL_SHA256": hashlib.sha256((model / "model.joblib").read_bytes()).hexdigest(),
        "SERVE_HOST": "127.0.0.1",
        "SERVING_LIBRARIES_URI": f"gs://{BUCKET}/code/libraries.zip",
        "SERVING_LIBRARIES_SHA256": libraries.sha256,
    }


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Iterator[Any]:
    """Starts the command; whatever still runs is ended after the test."""
    running: list[subprocess.Popen[str]] = []
    log = (tmp_path / "log").open("w")

    def start(variables: dict[str, str]) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [str(python), "-c", START],
            env={**variables, "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=tmp_path,
            stderr=log,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
    log.close()


def _until_healthy(base: str, process: "subprocess.Popen[str]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            if httpx.get(f"{base}/health", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)


def test_an_image_without_a_web_server_serves(
    deployed: dict[str, str], run: Any, tmp_path: Path
) -> None:
    process = run(deployed)
    base = f"http://127.0.0.1:{deployed['AIP_HTTP_PORT']}"
    _until_healthy(base, process, tmp_path / "log")
    answer = httpx.post(f"{base}/predict", json={"instances": [[39.1, 18.7, 181, 3750]]})
    assert answer.json()["predictions"][0]["label"] == "Adelie"
    process.terminate()
    assert process.wait(60) == 0


def test_libraries_that_are_not_those_that_were_deployed_are_refused(
    google: Google, deployed: dict[str, str], run: Any, tmp_path: Path
) -> None:
    bucket = google.storage().bucket(BUCKET)
    bucket.blob("code/other.zip").upload_from_string(b"somebody else's")
    process = run({**deployed, "SERVING_LIBRARIES_URI": f"gs://{BUCKET}/code/other.zip"})
    assert process.wait(PATIENCE) == 1
    assert "it is not what was deployed" in (tmp_path / "log").read_text()


def test_an_object_that_leads_out_of_the_model_is_refused(
    google: Google, deployed: dict[str, str], run: Any, tmp_path: Path
) -> None:
    google.storage().bucket(BUCKET).blob("bad/model/../../../out").upload_from_string(b"x")
    process = run({**deployed, "AIP_STORAGE_URI": f"gs://{BUCKET}/bad/model"})
    assert process.wait(PATIENCE) == 1
    assert "leads out of its folder" in (tmp_path / "log").read_text()
    assert not (tmp_path / "out").exists()


def test_what_is_missing_is_named(deployed: dict[str, str], run: Any, tmp_path: Path) -> None:
    process = run({**deployed, "SERVING_LIBRARIES_URI": f"gs://{BUCKET}/code/gone.zip"})
    assert process.wait(PATIENCE) == 1
    log = (tmp_path / "log").read_text()
    assert "gone.zip" in log
    assert "HTTP 404" in log


class _Google(http.server.BaseHTTPRequestHandler):
    """The metadata server, and Cloud Storage that wants its token; busy at the first request."""

    busy: "set[str]"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path not in self.busy:
            self.busy.add(path)
            self._answer(503, b"busy")
        elif path.endswith("/service-accounts/default/token"):
            ours = self.headers.get("Metadata-Flavor") == "Google"
            self._answer(200 if ours else 403, b'{"access_token": "t0k"}')
        elif self.headers.get("Authorization") != "Bearer t0k":
            self._answer(401, b"who are you?")
        elif path.endswith("/o"):
            second = "pageToken" in self.path
            more = b'{"items": [{"name": "m/a"}], "nextPageToken": "2"}'
            self._answer(
                200, b'{"items": [{"name": "m/sub/b"}, {"name": "m/"}]}' if second else more
            )
        else:
            self._answer(200, path.encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def start_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    handler = type("Handler", (_Google,), {"busy": set()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    module = import_module("components.gcp.vertex.container_start")
    address = f"127.0.0.1:{server.server_port}"
    monkeypatch.setattr(module, "STORAGE", f"http://{address}")
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    monkeypatch.setenv("GCE_METADATA_HOST", address)
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    yield module
    server.shutdown()
    server.server_close()
    thread.join()


def test_in_the_cloud_all_pages_are_read_with_the_containers_own_token(
    start_module: ModuleType, tmp_path: Path
) -> None:
    start_module.fetch_model("gs://bucket/m", tmp_path)
    assert (tmp_path / "a").read_text() == "/storage/v1/b/bucket/o/m%2Fa"
    assert (tmp_path / "sub" / "b").read_text().endswith("m%2Fsub%2Fb")


def test_the_libraries_are_small_pure_python_and_the_same_each_time(tmp_path: Path) -> None:
    first = serving_libraries(root=tmp_path)
    kept = first.path.read_bytes()
    shutil.rmtree(first.path.parent)
    assert serving_libraries(root=tmp_path).path.read_bytes() == kept
    assert len(kept) < 4 << 20
