"""serve.py as a process, over HTTP."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.model_code.http_process import Reply, ServerProcess, exchange

ROW = "[[39.1,18.7,181,3750]]"
JSON = {"Content-Type": "application/json"}
Serve = Callable[..., ServerProcess]

# The server needs no model of ours: hooks that wait show what happens to other requests meanwhile.
SLOW_HOOKS = """
import time
def model_fn(model_dir):
    time.sleep(float(open(model_dir + "/load_seconds").read()))
    return "model"
def input_fn(body, content_type):
    return body
def predict_fn(data, model):
    time.sleep(float(data))
    return data
def output_fn(prediction, accept):
    return prediction, "text/plain"
"""
SLOW = {"Content-Type": "text/plain"}


def _error(reply: Reply) -> tuple[int, str]:
    assert reply.headers["content-type"] == "application/json"
    error = json.loads(reply.body)["error"]
    assert set(error) == {"code", "message"}
    assert "Traceback" not in error["message"]
    assert ".py" not in error["message"]
    return reply.status, error["code"]


@pytest.fixture
def slow(tmp_path: Path, serve: Serve) -> Callable[..., ServerProcess]:
    """A server whose body says how many seconds a prediction takes."""

    def start(load_seconds: float = 0.0, **environ: str) -> ServerProcess:
        (tmp_path / "inference.py").write_text(SLOW_HOOKS)
        (tmp_path / "load_seconds").write_text(str(load_seconds))
        return serve(MODEL_DIR=str(tmp_path), SAGEMAKER_SUBMIT_DIRECTORY=str(tmp_path), **environ)

    return start


def test_a_row_gets_label_and_probabilities(server: ServerProcess) -> None:
    reply = server.request("POST", "/invocations", ROW, JSON)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert json.loads(reply.body)["predictions"][0]["label"] == "Adelie"


def test_answer_is_the_same_on_the_event_loop_and_in_a_thread(server: ServerProcess) -> None:
    first = server.request("POST", "/invocations", ROW, JSON).body
    small = [server.request("POST", "/invocations", ROW, JSON).body for _ in range(40)]
    large = server.request("POST", "/invocations", ROW + " " * 5000, JSON).body
    assert {first, large, *small} == {first}


def test_ping_is_200_with_empty_body(server: ServerProcess) -> None:
    reply = server.request("GET", "/ping")
    assert (reply.status, reply.body) == (200, b"")


def test_csv_in_and_out(server: ServerProcess) -> None:
    headers = {"Content-Type": "text/csv", "Accept": "text/csv"}
    reply = server.request("POST", "/invocations", "39.1,18.7,181,3750\n", headers)
    assert reply.headers["content-type"] == "text/csv"
    assert reply.body.startswith(b"Adelie,0.")
    assert reply.body.count(b",") == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "expected"),
    [
        ("POST", "/invocations", "{", JSON, (400, "malformed_request")),
        ("POST", "/invocations", "[[1,2,3,NaN]]", JSON, (400, "malformed_request")),
        ("POST", "/invocations", "[[1,2,3]]", JSON, (400, "invalid_row")),
        ("POST", "/invocations", b"\xff", JSON, (400, "malformed_request")),
        ("POST", "/invocations", ROW, {**JSON, "Accept": "image/png"}, (406, "not_acceptable")),
        ("POST", "/invocations", ROW, {"ContentType": "a/b"}, (415, "unsupported_content_type")),
        ("GET", "/invocations", None, {}, (405, "method_not_allowed")),
        ("POST", "/ping", None, {}, (405, "method_not_allowed")),
        ("GET", "/nothing", None, {}, (404, "not_found")),
    ],
)
def test_wrong_requests_get_the_right_status(
    method: str,
    path: str,
    body: "str | bytes | None",
    headers: dict[str, str],
    expected: tuple[int, str],
    server: ServerProcess,
) -> None:
    assert _error(server.request(method, path, body, headers)) == expected


def _chunks(total: int) -> Iterator[bytes]:
    for _ in range(total // 65_536):
        yield b" " * 65_536


@pytest.mark.parametrize("chunked", [False, True])
def test_body_over_the_limit_is_413_declared_or_chunked(
    chunked: bool, server: ServerProcess
) -> None:
    size = 3 << 20
    body = _chunks(size) if chunked else b" " * size
    assert _error(server.request("POST", "/invocations", body, JSON)) == (413, "payload_too_large")
    assert server.request("POST", "/invocations", ROW, JSON).status == 200


def test_body_of_the_limit_is_read(server: ServerProcess) -> None:
    body = ROW.encode() + b" " * ((1 << 20) - len(ROW))
    assert server.request("POST", "/invocations", body, JSON).status == 200
    assert server.request("POST", "/invocations", body + b" ", JSON).status == 413


def test_oversized_body_is_refused_before_it_is_sent(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n"
            b"Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_caller_that_stops_sending_is_let_go_with_408(slow: Serve) -> None:
    server = slow(SERVE_BODY_SECONDS="1")
    server.wait_until_ready()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n12")
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert server.request("POST", "/invocations", "0", SLOW).status == 200


def test_connection_is_kept_open_between_requests_and_errors(server: ServerProcess) -> None:
    connection = server.connect()
    exchange(connection, "GET", "/ping")
    first = connection.sock
    assert first is not None
    for body in (ROW, "{", ROW):
        exchange(connection, "POST", "/invocations", body, JSON)
        assert connection.sock is first
    connection.close()


def test_request_ids_come_back_or_are_made(server: ServerProcess) -> None:
    sent = {
        "X-Request-Id": "mine-1",
        "X-Amzn-SageMaker-Inference-Id": "inference-2",
        "X-Amzn-SageMaker-Custom-Attributes": "trace=3",
    }
    reply = server.request("POST", "/invocations", "{", {**JSON, **sent})
    assert {name: reply.headers[name.lower()] for name in sent} == sent
    made = [server.request("GET", "/ping").headers["x-request-id"] for _ in range(2)]
    assert made[0] != made[1]
    too_long = server.request("GET", "/ping", headers={"X-Request-Id": "x" * 101})
    assert len(too_long.headers["x-request-id"]) <= 100


def test_execution_parameters_keep_to_the_clouds_rule(server: ServerProcess) -> None:
    answer = json.loads(server.request("GET", "/execution-parameters").body)
    assert set(answer) == {"MaxConcurrentTransforms", "BatchStrategy", "MaxPayloadInMB"}
    assert answer["MaxConcurrentTransforms"] * answer["MaxPayloadInMB"] <= 100
    assert answer["MaxPayloadInMB"] == 1


def test_many_clients_get_their_own_answers(server: ServerProcess) -> None:
    rows = {"Adelie": "[[39.1,18.7,181,3750]]", "Gentoo": "[[50,15,220,5500]]"}

    def ask(index: int) -> bool:
        label = ("Adelie", "Gentoo")[index % 2]
        reply = server.request("POST", "/invocations", rows[label], JSON)
        return bool(json.loads(reply.body)["predictions"][0]["label"] == label)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(80)))


def test_health_check_is_503_until_the_model_is_loaded(slow: Serve) -> None:
    server = slow(load_seconds=1.5)
    assert _error(server.request("GET", "/ping")) == (503, "loading")
    assert _error(server.request("POST", "/invocations", "0", SLOW)) == (503, "loading")
    server.wait_until_ready()
    assert server.request("POST", "/invocations", "0", SLOW).body == b"0"


def test_slow_prediction_does_not_hold_up_the_health_check(slow: Serve) -> None:
    server = slow(SERVE_THREADS="1")
    server.wait_until_ready()
    for _ in range(30):  # quick ones first: they must not earn a place on the event loop
        server.request("POST", "/invocations", "0", SLOW)
    with ThreadPoolExecutor(3) as threads:
        waiting = [
            threads.submit(server.request, "POST", "/invocations", "1", SLOW) for _ in range(3)
        ]
        time.sleep(0.3)
        for _ in range(5):
            started = time.monotonic()
            assert server.request("GET", "/ping").status == 200
            assert time.monotonic() - started < 0.25
        assert not any(future.done() for future in waiting)
        assert [future.result().status for future in waiting] == [200] * 3


def test_more_requests_than_allowed_get_503_at_once(slow: Serve) -> None:
    server = slow(SERVE_MAX_CONCURRENT="2")
    server.wait_until_ready()
    with ThreadPoolExecutor(2) as threads:
        busy = [threads.submit(server.request, "POST", "/invocations", "1", SLOW) for _ in range(2)]
        time.sleep(0.4)
        assert _error(server.request("POST", "/invocations", "0", SLOW)) == (503, "overloaded")
        assert server.request("GET", "/ping").status == 200
        assert [future.result().status for future in busy] == [200, 200]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_under_way_are_answered_before_a_clean_exit(
    number: signal.Signals, slow: Serve
) -> None:
    server = slow()
    server.wait_until_ready()
    idle = server.connect()
    exchange(idle, "GET", "/ping")
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(server.request, "POST", "/invocations", "1.5", SLOW)
        time.sleep(0.4)
        os.kill(server.process.pid, number)
        time.sleep(0.3)
        assert _error(exchange(idle, "POST", "/invocations", "0", SLOW)) == (503, "draining")
        assert _error(server.request("GET", "/ping")) == (503, "draining")
        assert under_way.result()[0::2] == (200, b"1.5")
    assert server.exit_code() == 0
    assert "Traceback" not in server.log


def test_idle_server_ends_at_once(slow: Serve) -> None:
    server = slow()
    server.wait_until_ready()
    connection = server.connect()
    exchange(connection, "GET", "/ping")
    started = time.monotonic()
    server.terminate()
    assert server.exit_code() == 0
    assert time.monotonic() - started < 2
    connection.close()


def test_prediction_that_outlasts_the_drain_time_does_not_keep_the_process(slow: Serve) -> None:
    server = slow(SERVE_DRAIN_SECONDS="1")
    server.wait_until_ready()
    with ThreadPoolExecutor(1) as threads:
        lost = threads.submit(server.request, "POST", "/invocations", "60", SLOW)
        time.sleep(0.3)
        server.terminate()
        assert server.exit_code() == 1
        assert "1 requests did not end in time" in server.log
        assert lost.exception() is not None or lost.result().status >= 500


@pytest.mark.parametrize("case", ["bit flip", "no digest", "wrong digest", "no model"])
def test_model_that_is_not_the_trusted_one_is_never_served(
    case: str, trained: Path, digest: str, tmp_path: Path, serve: Serve
) -> None:
    content = bytearray((trained / "model.joblib").read_bytes())
    environ = {"MODEL_DIR": str(tmp_path), "MODEL_SHA256": digest}
    if case == "bit flip":
        content[100] ^= 1
    elif case == "no digest":
        del environ["MODEL_SHA256"]
    elif case == "wrong digest":
        environ["MODEL_SHA256"] = "0" * 64
    if case != "no model":
        (tmp_path / "model.joblib").write_bytes(content)
    server = serve(**environ)
    assert server.exit_code() == 1
    last = server.log.strip().splitlines()[-1]
    assert last.startswith("error: the model is not served: ")
    assert {"bit flip": "not the trusted", "no digest": "MODEL_SHA256 is not set"}.get(
        case, ""
    ) in last
    assert "Traceback" not in server.log


def test_wrong_setting_is_named(serve: Serve) -> None:
    server = serve(SERVE_THREADS="many", MODEL_DIR="/nowhere")
    assert server.exit_code() == 1
    assert server.log == "error: SERVE_THREADS is 'many': it must be a whole number of at least 1\n"


def test_taken_port_is_named(server: ServerProcess, serve: Serve) -> None:
    second = serve(SAGEMAKER_BIND_TO_PORT=str(server.port))
    assert second.exit_code() == 1
    assert f"cannot listen on 127.0.0.1:{server.port}" in second.log
