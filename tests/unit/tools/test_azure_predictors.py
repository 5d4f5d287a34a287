"""Predictions from Azure's two ways of serving, by real TLS servers."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.azure.runs.cloud import forget_clients
from plugin.values import SECRET_SIGNATURE, SIGNATURE_KEY
from sandbox.azure.tls import Certificates
from tests.unit.components.runs.azure_wire import WORKSPACE, Answer, AzureWire, refusal
from tools import predictors, summary

ENDPOINT = f"{WORKSPACE}/onlineEndpoints/e"
PREDICTION = {"label": "Adelie", "probabilities": {"Adelie": 0.9, "Gentoo": 0.1}}


@pytest.fixture
def azure(
    tmp_path: Path, no_real_cloud: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AzureWire]:
    wire = AzureWire(tmp_path / "azure")
    for name, value in wire.environment.items():
        monkeypatch.setenv(name, value)
    forget_clients()
    properties = {"authMode": "Key", "scoringUri": f"https://{wire.host}/score"}
    wire.answers["GET", "/onlineEndpoints/e"] = {"id": ENDPOINT, "properties": properties}
    wire.answers["POST", "/onlineEndpoints/e/listKeys"] = {"primaryKey": "k"}
    yield wire
    forget_clients()
    wire.close()


def test_the_online_endpoint_is_asked_with_its_key(azure: AzureWire) -> None:
    azure.answers["POST", "/score"] = {"predictions": [PREDICTION]}
    answers = predictors.BY_CLOUD["azure"]({"endpoint": {"id": ENDPOINT}}, [[1, 2]])
    assert answers == [PREDICTION]
    (asked,) = azure.requests("POST", "/score")
    assert asked.headers["authorization"] == "Bearer k"
    assert asked.body == [[1, 2]]


def test_a_refusal_of_the_endpoint_is_told_in_its_servers_words(azure: AzureWire) -> None:
    azure.answers["POST", "/score"] = Answer({"message": "rows have 3 values"}, 400)
    with pytest.raises(predictors.PredictionFailed, match=r"^400: rows have 3 values$") as refused:
        predictors.BY_CLOUD["azure"]({"endpoint": {"id": ENDPOINT}}, [[1]])
    assert refused.value.by_model
    azure.answers["POST", "/onlineEndpoints/e/listKeys"] = refusal(403, "Forbidden", "no keys")
    with pytest.raises(predictors.PredictionFailed, match="no keys") as refused:
        predictors.BY_CLOUD["azure"]({"endpoint": {"id": ENDPOINT}}, [[1]])
    assert not refused.value.by_model, "the rows are not at fault"


class _Web(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = 200, {"predictions": [PREDICTION] * len(rows)}
        if self.headers["Authorization"] != "Bearer key":
            status, body = 401, {"message": "wrong key"}  # type: ignore[dict-item]
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[dict[str, Any]]:
    certificates = Certificates(tmp_path / "web")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield {
        "scoring_uri": f"https://127.0.0.1:{server.server_port}/score",
        "certificate": certificates.authority.read_text(),
        "key": "key",
    }
    server.shutdown()
    server.server_close()


def test_the_container_is_asked_with_its_key_over_its_own_certificate(
    service: dict[str, Any], tmp_path: Path
) -> None:
    ask = predictors.CONTAINERS["azure"]
    assert ask({"container": service}, [[1, 2], [3, 4]]) == [PREDICTION] * 2
    with pytest.raises(predictors.PredictionFailed, match=r"^401: wrong key$"):
        ask({"container": {**service, "key": "other"}}, [[1, 2]])
    another = Certificates(tmp_path / "another").authority.read_text()
    with pytest.raises(predictors.PredictionFailed, match="CERTIFICATE_VERIFY_FAILED"):
        ask({"container": {**service, "certificate": another}}, [[1, 2]])


def test_both_ways_are_shown_with_their_names(azure: AzureWire, service: dict[str, Any]) -> None:
    azure.answers["POST", "/score"] = {"predictions": [PREDICTION]}
    both = {"endpoint_name": "e", "endpoint": {"id": ENDPOINT}, "container": service}
    (told,) = summary._predictions("azure", both, [("row", [1.0])])
    assert told == "endpoint: Adelie (0.900)\ncontainer: Adelie (0.900)"
    assert list(predictors.ways("azure", {"endpoint_name": "e"})) == []
    only = {"endpoint_name": "e", "container": service}
    assert summary._predictions("azure", only, [("row", [1.0])]) == ["Adelie (0.900)"]


def test_secrets_among_the_outputs_are_found_however_deep() -> None:
    secret = {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": "v1:x"}
    assert summary.holds_secret({"azure": {"container": {"key": secret}}})
    assert summary.holds_secret({"azure": secret})
    assert summary.holds_secret({"azure": [secret]})
    assert not summary.holds_secret({"azure": {"container": {"key": "x"}, "n": [1]}})
