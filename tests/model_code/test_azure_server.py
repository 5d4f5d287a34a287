"""serve.py as Azure ML's inference server: routes, ids and errors as that server has them."""

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.model_code.http_process import Reply, ServerProcess, exchange
from tests.model_code.https_process import connect, write_pair

ROW = "[[39.1,18.7,181,3750]]"
JSON = {"Content-Type": "application/json"}
KEYS = ("p" * 32, "s" * 40)
Serve = Callable[..., ServerProcess]


@pytest.fixture(scope="module")
def azure(trained: Path, digest: str) -> Iterator[ServerProcess]:
    """A server in a container of Azure ML, shared by the tests of this module."""
    environ = {
        "AZUREML_MODEL_DIR": str(trained),
        "MODEL_SHA256": digest,
        "SERVE_MAX_PAYLOAD_MB": "1",
        "AML_CORS_ORIGINS": "https://page.example",
    }
    with ServerProcess(environ) as process:
        process.wait_until_ready()
        yield process


def _message(reply: Reply) -> str:
    assert reply.headers["content-type"] == "application/json"
    body = json.loads(reply.body)
    assert list(body) == ["message"]
    assert "Traceback" not in body["message"]
    return str(body["message"])


def _script(directory: Path, text: str) -> dict[str, str]:
    (directory / "main.py").write_text(text)
    return {"AML_APP_ROOT": str(directory), "AZUREML_ENTRY_SCRIPT": "main.py"}


def test_health_is_the_word_healthy(azure: ServerProcess) -> None:
    reply = azure.request("GET", "/")
    assert (reply.status, reply.body) == (200, b"Healthy")
    assert reply.headers["content-type"].startswith("text/plain")


def test_score_predicts_and_tells_how_long_it_took(azure: ServerProcess) -> None:
    reply = azure.request("POST", "/score", ROW, JSON)
    assert reply.status == 200
    assert json.loads(reply.body)["predictions"][0]["label"] == "Adelie"
    assert reply.body == azure.request("POST", "/invocations", ROW, JSON).body
    assert reply.headers["x-ms-run-function-failed"] == "False"
    assert float(reply.headers["x-ms-run-fn-exec-ms"]) > 0
    assert len(reply.headers["x-ms-run-fn-exec-ms"].partition(".")[2]) == 3


def test_score_reads_rows_from_the_query_of_a_get(azure: ServerProcess) -> None:
    reply = azure.request("GET", f"/score?instances={ROW}")
    assert json.loads(reply.body)["predictions"][0]["label"] == "Adelie"
    assert azure.request("GET", "/score").status == 400


def test_options_are_answered_and_web_pages_of_named_origins_may_ask(azure: ServerProcess) -> None:
    assert azure.request("OPTIONS", "/score").status == 200
    asked = {"Access-Control-Request-Method": "POST", "Origin": "https://page.example"}
    reply = azure.request("OPTIONS", "/score", headers=asked)
    assert reply.headers["access-control-allow-origin"] == "https://page.example"
    other = azure.request("OPTIONS", "/score", headers={**asked, "Origin": "https://other.example"})
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", "/score", "{", JSON, 400),
        ("POST", "/score", "[[1,2,3]]", JSON, 400),
        ("POST", "/score", ROW, {"Content-Type": "a/b"}, 415),
        ("POST", "/score", b" " * (3 << 20), JSON, 413),
        ("PUT", "/score", ROW, JSON, 405),
        ("POST", "/", "", {}, 405),
        ("GET", "/nothing", None, {}, 404),
        ("GET", "/swagger.json?version=4", None, {}, 404),
    ],
)
def test_every_error_is_a_message(
    method: str,
    path: str,
    body: "str | bytes | None",
    headers: dict[str, str],
    status: int,
    azure: ServerProcess,
) -> None:
    reply = azure.request(method, path, body, headers)
    assert (reply.status, bool(_message(reply))) == (status, True)
    assert reply.headers.get("x-ms-run-function-failed", "False") == "False"


def test_sagemakers_routes_keep_their_own_errors(azure: ServerProcess) -> None:
    reply = azure.request("POST", "/invocations", "{", JSON)
    assert json.loads(reply.body)["error"]["code"] == "malformed_request"


def test_ids_come_back_or_are_made(azure: ServerProcess) -> None:
    sent = {"x-request-id": "r" * 100, "x-ms-client-request-id": "c-1", "TraceId": "t-1"}
    reply = azure.request("POST", "/score", ROW, {**JSON, **sent})
    assert {name: reply.headers[name.lower()] for name in sent} == sent
    assert reply.headers["x-ms-request-id"] == "c-1"
    made = [azure.request("GET", "/").headers["x-request-id"] for _ in range(2)]
    assert made[0] != made[1]
    assert [len(item) for item in made] == [36, 36]


@pytest.mark.parametrize("name", ["x-request-id", "x-ms-client-request-id", "x-ms-request-id"])
@pytest.mark.parametrize("path", ["/", "/score", "/swagger.json"])
def test_an_id_that_is_too_long_is_431(name: str, path: str, azure: ServerProcess) -> None:
    method = "POST" if path == "/score" else "GET"
    reply = azure.request(method, path, ROW, {**JSON, name: "x" * 101})
    assert reply.status == 431
    assert _message(reply) == f"{name} must not exceed 100 characters"
    assert reply.headers.get(name) != "x" * 101


@pytest.mark.parametrize(
    ("query", "version"),
    [("", "2.0"), ("?version=2", "2.0"), ("?version=3", "3.0.3"), ("?version=3.1", "3.1.0")],
)
def test_swagger_describes_the_scoring_route(
    query: str, version: str, azure: ServerProcess
) -> None:
    document = json.loads(azure.request("GET", f"/swagger.json{query}").body)
    assert document.get("swagger", document.get("openapi")) == version
    schemas = document.get("definitions") or document["components"]["schemas"]
    example = schemas["ServiceInput"]["example"]
    assert azure.request("POST", "/score", json.dumps(example), JSON).status == 200
    assert "post" in document["paths"]["/score"]


def test_connection_is_kept_open_between_requests_and_errors(azure: ServerProcess) -> None:
    connection = azure.connect()
    exchange(connection, "GET", "/")
    first = connection.sock
    for body in (ROW, "{", ROW):
        exchange(connection, "POST", "/score", body, JSON)
        assert connection.sock is first
    connection.close()


def test_outside_of_azure_there_are_none_of_these_routes(server: ServerProcess) -> None:
    for path in ("/", "/score", "/swagger.json"):
        assert server.request("GET", path).status == 404


def test_an_entry_script_serves_as_on_azures_server(tmp_path: Path, serve: Serve) -> None:
    script = (
        "import json, time\n"
        "def init():\n    global model\n    model = 'loaded'\n"
        "def run(data):\n"
        "    assert isinstance(data, str)\n"
        "    if 'fail' in data: raise ValueError('a secret')\n"
        "    if 'slow' in data: time.sleep(20)\n"
        "    return [model, json.loads(data)]\n"
    )
    server = serve(**_script(tmp_path, script), SCORING_TIMEOUT_MS="1500")
    server.wait_until_ready()
    reply = server.request("POST", "/score", '{"a": 1}', JSON)
    assert json.loads(reply.body) == ["loaded", {"a": 1}]
    failed = server.request("POST", "/score", '"fail"', JSON)
    assert (failed.status, failed.headers["x-ms-run-function-failed"]) == (500, "True")
    assert "secret" not in _message(failed)
    late = server.request("POST", "/score", '"slow"', JSON)
    assert (late.status, _message(late)) == (500, "Scoring timeout after 1500 ms")
    assert late.headers["x-ms-run-function-failed"] == "True"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise RuntimeError('no luck')", "cannot be imported"),
        ("def run(data): return 1", "has no model_fn"),
        ("def init(): raise RuntimeError('no luck')\ndef run(data): return 1", "no luck"),
        ("def init(): pass\ndef run(*data): return 1", "not supported"),
    ],
)
def test_a_bad_entry_script_ends_the_server(
    script: str, reason: str, tmp_path: Path, serve: Serve
) -> None:
    server = serve(**_script(tmp_path, script))
    assert server.exit_code() == 1
    assert reason in server.log.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl"])
def test_a_model_in_a_registered_folder_is_found(
    name: str, trained: Path, digest: str, tmp_path: Path, serve: Serve
) -> None:
    folder = tmp_path / "outputs"
    folder.mkdir()
    (folder / name).write_bytes((trained / "model.joblib").read_bytes())
    server = serve(AZUREML_MODEL_DIR=str(tmp_path), MODEL_SHA256=digest)
    server.wait_until_ready()
    assert server.request("POST", "/score", ROW, JSON).status == 200


@pytest.fixture
def locked(trained: Path, digest: str, tmp_path: Path, serve: Serve) -> ServerProcess:
    """A server with TLS and two keys, as a container group runs it; `tls.crt` is in tmp_path."""
    certificate, key = write_pair(tmp_path)
    for name, value in zip(("primary", "secondary"), KEYS, strict=True):
        (tmp_path / name).write_text(f"{value}\n")
    return serve(
        AZUREML_MODEL_DIR=str(trained),
        MODEL_SHA256=digest,
        SERVE_TLS_CERTIFICATE=str(certificate),
        SERVE_TLS_KEY=str(key),
        SERVE_KEY_FILES=f"{tmp_path / 'primary'},{tmp_path / 'secondary'}",
        SERVE_PORT="0",
    )


def test_either_key_opens_and_probes_need_none(locked: ServerProcess, tmp_path: Path) -> None:
    connection = connect(locked.port, tmp_path / "tls.crt")
    while exchange(connection, "GET", "/ping").status != 200:
        assert locked.process.poll() is None, locked.log
    assert exchange(connection, "GET", "/").body == b"Healthy"
    for key in KEYS:
        headers = {**JSON, "Authorization": f"Bearer {key}"}
        assert exchange(connection, "POST", "/score", ROW, headers).status == 200
    wrong = ["", "Bearer", f"Basic {KEYS[0]}", f"Bearer {KEYS[0]}x", f"Bearer {KEYS[0][:-1]}",
             f"Bearer {KEYS[0]},{KEYS[1]}"]  # fmt: skip
    for value in wrong:
        for path in ("/score", "/invocations", "/swagger.json", "/nothing"):
            headers = {**JSON, "Authorization": value} if value else dict(JSON)
            reply = exchange(connection, "POST", path, ROW, headers)
            assert (reply.status, bool(_message(reply))) == (401, True)
            assert reply.headers["www-authenticate"].startswith("Bearer")
    connection.close()
    assert not any(key in locked.log for key in KEYS)


def test_plain_http_gets_no_answer_from_a_tls_server(locked: ServerProcess, tmp_path: Path) -> None:
    with pytest.raises((OSError, ssl.SSLError, http.client.HTTPException)):
        locked.request("GET", "/")
    connection = connect(locked.port, tmp_path / "tls.crt")
    assert exchange(connection, "GET", "/").status == 200
    connection.close()
    locked.terminate()
    assert locked.exit_code() == 0


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"SERVE_KEYS": "short"}, "fewer than 32 characters"),
        ({"SERVE_KEYS": ""}, "name no key"),
        ({"SERVE_KEY_FILES": "/nowhere/key"}, "/nowhere/key"),
        ({"SERVE_TLS_KEY": "/nowhere/key"}, "set both"),
        ({"SERVE_TLS_KEY": __file__, "SERVE_TLS_CERTIFICATE": __file__}, "PEM"),
    ],
)
def test_a_door_that_cannot_be_closed_is_not_opened(
    environ: dict[str, str], reason: str, serve: Serve
) -> None:
    server = serve(AZUREML_MODEL_DIR="/nowhere", **environ)
    assert server.exit_code() == 1
    assert server.log.startswith("error: ")
    assert reason in server.log
    assert "short" not in server.log


def test_the_own_entry_script_works_under_azures_server(
    trained: Path, digest: str, tmp_path: Path
) -> None:
    """Azure's server calls init and run with Flask's request; stand-ins for its two modules."""
    pytest.importorskip("flask", reason="runs where Flask is installed")
    package = tmp_path / "azureml_inference_server_http" / "api"
    package.mkdir(parents=True)
    for directory in (package, package.parent):
        (directory / "__init__.py").touch()
    (package / "aml_request.py").write_text("def rawhttp(f):\n    f.raw = True\n    return f\n")
    (package / "aml_response.py").write_text(
        "class AMLResponse:\n"
        "    def __init__(self, message, status_code, response_headers={}):\n"
        "        self.told = [str(message), status_code, response_headers]\n"
    )
    program = f"""
import runpy, sys, json
sys.path.insert(0, {str(tmp_path)!r})
import azureml_inference_server_http
module = runpy.run_path({str(Path("model_code/score.py").resolve())!r})
from flask import Flask, request
module["init"]()
assert module["run"].raw
told = []
for body, kind in ((b'{ROW}', "application/json"), (b"{{", "application/json"), (b"1", "a/b")):
    with Flask("x").test_request_context(method="POST", data=body, content_type=kind):
        told.append(module["run"](request).told)
print(json.dumps(told))
"""
    environ = {"AZUREML_MODEL_DIR": str(trained), "MODEL_SHA256": digest, "PATH": "/usr/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    good, malformed, unsupported = json.loads(done.stdout)
    assert (good[1], "Adelie" in good[0]) == (200, True)
    assert (malformed[1], "message" in malformed[0]) == (400, True)
    assert unsupported[1] == 415
    assert unsupported[2] == {"Content-Type": "application/json"}
