"""Online endpoints over plain REST: keys, tokens, traffic, limits, logs, updates."""

import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sandbox.azure.cloud_world import ROOT, CloudWorld, eventually
from tests.sandbox.azure.ml.conftest import WORKSPACE, code

ENVIRONMENT = f"{WORKSPACE}/environments/sklearn/versions/1"
ECHO = """
import json, os, time
def init():
    print("loading", os.environ["GREETING"], flush=True)
def run(data):
    wanted = json.loads(data)
    if wanted == "fail": raise ValueError("no")
    if wanted == "crash": os._exit(3)
    if isinstance(wanted, (int, float)): time.sleep(wanted)
    return [os.environ["GREETING"], wanted]
"""


def _endpoint(mode: str = "Key", **properties: Any) -> dict[str, Any]:
    given = {"authMode": mode, **properties}
    return {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "kind": "Managed",
        "properties": given,
    }


def _deployment(cloud: CloudWorld, greeting: str, **properties: Any) -> dict[str, Any]:
    given = {
        "endpointComputeType": "Managed",
        "environmentId": ENVIRONMENT,
        "codeConfiguration": {"codeId": code(cloud, "echo", main=ECHO), "scoringScript": "main.py"},
        "environmentVariables": {"GREETING": greeting},
        "requestSettings": {"maxConcurrentRequestsPerInstance": 4, "requestTimeout": "PT20S"},
    }
    return {
        "location": "westeurope",
        "sku": {"name": "Default", "tier": "Standard", "capacity": 1},
        "properties": {**given, **properties},
    }


class Caller:
    """Asks one endpoint with its primary key."""

    def __init__(self, cloud: CloudWorld, name: str) -> None:
        self.cloud, self.path = cloud, f"{WORKSPACE}/onlineEndpoints/{name}"
        self.url = cloud.get(self.path)["properties"]["scoringUri"]
        self.key = cloud.arm("POST", f"{self.path}/listKeys").json["primaryKey"]

    def ask(self, body: Any, *, key: str | None = None, **headers: str) -> Any:
        names = {"Authorization": f"Bearer {self.key if key is None else key}", **headers}
        return self.cloud.ask("POST", self.url, body, headers=names)

    def traffic(self, **parts: int) -> Any:
        body = _endpoint(traffic=parts)
        reply = self.cloud.arm("PUT", self.path, body)
        return self.cloud.finish(reply) if reply.status < 400 else reply


@pytest.fixture(scope="module")
def echo(cloud: CloudWorld) -> Caller:
    """An endpoint with deployments `blue`, which has all traffic, and `green`."""
    path = f"{WORKSPACE}/onlineEndpoints/echo"
    cloud.put(path, _endpoint())
    for name in ("blue", "green"):
        cloud.put(f"{path}/deployments/{name}", _deployment(cloud, name))
    caller = Caller(cloud, "echo")
    assert caller.traffic(blue=100) is None
    return caller


def test_requests_are_answered_by_the_deployment_with_the_traffic(echo: Caller) -> None:
    reply = echo.ask("hello", **{"x-ms-client-request-id": "mine"})
    assert (reply.status, reply.json) == (200, ["blue", "hello"])
    assert reply.headers["azureml-model-deployment"] == "blue"
    assert reply.headers["x-ms-client-request-id"] == "mine"
    other = echo.ask("hello", **{"azureml-model-deployment": "green"})
    assert other.json == ["green", "hello"]
    assert echo.ask("hello", **{"azureml-model-deployment": "red"}).status == 404


def test_wrong_keys_are_refused_and_new_ones_take_their_place(echo: Caller) -> None:
    for key in ("", "wrong", echo.key + "x", echo.cloud.token("https://ml.azure.com")):
        reply = echo.ask("hello", key=key)
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert echo.cloud.ask("POST", echo.url, "hello").status == 401
    old, path = echo.key, echo.path
    secondary = echo.cloud.arm("POST", f"{path}/listKeys").json["secondaryKey"]
    echo.cloud.arm("POST", f"{path}/regenerateKeys", {"keyType": "Primary"})
    echo.key = echo.cloud.arm("POST", f"{path}/listKeys").json["primaryKey"]
    assert echo.key != old
    statuses = [echo.ask("hello", key=key).status for key in (old, secondary, echo.key)]
    assert statuses == [401, 200, 200]
    assert echo.key not in json.dumps(echo.cloud.get(path))


def test_traffic_is_split_as_the_endpoint_says(echo: Caller) -> None:
    assert echo.traffic(blue=70, green=30) is None
    answered = Counter(echo.ask(1e-9).json[0] for _ in range(200))
    assert 110 <= answered["blue"] <= 170
    assert answered["blue"] + answered["green"] == 200
    assert echo.traffic(blue=70, green=20).status == 400
    assert echo.traffic(red=100).status == 400
    assert echo.traffic(blue=100) is None


def test_a_deployment_with_traffic_is_not_deleted(echo: Caller) -> None:
    path = f"{echo.path}/deployments/blue"
    assert echo.cloud.arm("DELETE", path).status == 409
    assert echo.ask("hello").json[0] == "blue"


def test_failures_of_the_scoring_code_are_424_with_its_own_status(echo: Caller) -> None:
    reply = echo.ask("fail")
    assert reply.status == 424
    assert reply.headers["ms-azureml-model-error-statuscode"] == "500"
    assert "no" not in reply.json["message"].split()
    logs = echo.cloud.arm("POST", f"{echo.path}/deployments/blue/getLogs", {"tail": 500}).json
    assert "ValueError: no" in logs["content"]
    assert "loading blue" in logs["content"]


def test_requests_are_told_as_metrics(cloud: CloudWorld, echo: Caller) -> None:
    def average(metric: str, only: str = "", *, status: int = 200) -> float:
        # One grain over the whole test: what others asked before is taken off below.
        query = {
            "api-version": "2023-10-01",
            "metricnames": metric,
            "timespan": "2026-01-01T00:00:00Z/2126-01-01T00:00:00Z",
            "interval": "PT1M",
            "aggregation": "average",
            **({"$filter": only} if only else {}),
        }
        path = f"{echo.path}/providers/Microsoft.Insights/metrics?{urlencode(query)}"
        reply = cloud.arm("GET", path)
        assert reply.status == status, reply.json
        if status != 200:
            return 0
        (told,) = reply.json["value"]
        assert told["name"]["value"] == metric
        points = [point for each in told["timeseries"] for point in each["data"]]
        return sum(float(point["average"]) for point in points)

    before = average("RequestsPerMinute"), average("RequestsPerMinute", "statusCodeClass eq '4xx'")
    echo.ask("hello")
    echo.ask("fail")
    assert average("RequestsPerMinute") - before[0] == 2
    assert average("RequestsPerMinute", "statusCodeClass eq '4xx'") - before[1] == 1
    assert average("RequestLatency_P99") > 0
    average("CpuUtilization", status=400)
    average("RequestsPerMinute", "deployment eq 'blue'", status=400)


def test_a_crashed_instance_comes_back(echo: Caller) -> None:
    assert echo.ask("crash", **{"azureml-model-deployment": "green"}).status in (502, 503)
    green = {"azureml-model-deployment": "green"}
    eventually(lambda: echo.ask("back", **green).status == 200)


def test_an_update_changes_over_without_an_interruption(echo: Caller) -> None:
    path = f"{echo.path}/deployments/blue"
    body = _deployment(echo.cloud, "new")
    reply = echo.cloud.arm("PUT", path, body)
    answers: Counter[str] = Counter()
    while "new" not in answers:
        answer = echo.ask("x")
        assert answer.status == 200
        answers[answer.json[0]] += 1
    assert echo.cloud.finish(reply) is None
    assert answers["blue"] > 0
    body["sku"]["capacity"] = 2
    echo.cloud.put(path, body)
    served = echo.cloud.server.context.types.require(
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    )
    assert served.find(path).replicas.count == 2  # type: ignore[attr-defined]


def test_limits_are_kept(cloud: CloudWorld) -> None:
    path = f"{WORKSPACE}/onlineEndpoints/limited"
    cloud.put(path, _endpoint())
    settings = {
        "maxConcurrentRequestsPerInstance": 1,
        "requestTimeout": "PT2S",
        "maxQueueWait": "PT0.1S",
    }
    cloud.put(f"{path}/deployments/one", _deployment(cloud, "one", requestSettings=settings))
    caller = Caller(cloud, "limited")
    assert caller.ask("nobody has the traffic").status == 404
    caller.traffic(one=100)
    assert caller.ask(30).status == 408
    with ThreadPoolExecutor(4) as threads:
        statuses = Counter(reply.status for reply in threads.map(caller.ask, [1.0] * 4))
    assert statuses[200] >= 1
    assert statuses[429] >= 1
    assert caller.ask(b" " * ((10 << 20) + 1)).status == 413
    caller.traffic()
    cloud.delete(f"{path}/deployments/one")
    cloud.delete(path)
    assert cloud.ask("POST", caller.url, "x").status == 404


def test_tokens_open_endpoints_that_take_them(cloud: CloudWorld) -> None:
    path = f"{WORKSPACE}/onlineEndpoints/tokens"
    cloud.put(path, _endpoint("AADToken"))
    assert cloud.arm("POST", f"{path}/listKeys").status == 400
    url = cloud.get(path)["properties"]["scoringUri"]
    for token, status in (
        (cloud.token("https://ml.azure.com"), 404),  # nothing is deployed
        (cloud.token("https://management.azure.com"), 401),
        ("wrong", 401),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        assert cloud.ask("POST", url, "x", headers=headers).status == status
    cloud.delete(path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's file."""
    import prepare
    import train

    place = tmp_path_factory.mktemp("model")
    features = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
    table = ["--input", str(ROOT / "data" / "penguins.csv"), "--output", str(place)]
    prepare.main([*table, "--features", features, "--target", "species"])
    names = ("train", "validation", "test", "statistics")
    channels = [word for name in names for word in (f"--{name}", str(place / name))]
    train.main([*channels, "--model_dir", str(place / "model")])
    return place / "model" / "model.joblib"


def test_the_projects_own_code_serves_a_registered_model_through_a_restart(
    cloud: CloudWorld, trained: Path
) -> None:
    uri = cloud.upload("models", "training/1/outputs/model.pkl", trained.read_bytes())
    cloud.put(f"{WORKSPACE}/models/penguins", {"properties": {}})
    model = f"{WORKSPACE}/models/penguins/versions/1"
    properties = {"modelUri": uri.rpartition("/")[0], "modelType": "custom_model"}
    cloud.put(model, {"properties": properties})
    files = {file.stem: file.read_text() for file in (ROOT / "model_code").glob("*.py")}
    body = _deployment(
        cloud,
        "unused",
        model=model,
        codeConfiguration={
            "codeId": code(cloud, "project", **files),
            "scoringScript": "score.py",
        },
        environmentVariables={"MODEL_SHA256": hashlib.sha256(trained.read_bytes()).hexdigest()},
    )
    path = f"{WORKSPACE}/onlineEndpoints/penguins"
    cloud.put(path, _endpoint())
    cloud.put(f"{path}/deployments/first", body)
    caller = Caller(cloud, "penguins")
    caller.traffic(first=100)
    assert caller.ask([[39.1, 18.7, 181, 3750]]).json["predictions"][0]["label"] == "Adelie"
    body["properties"]["environmentVariables"] = {"MODEL_SHA256": "0" * 64}
    error = cloud.finish(cloud.arm("PUT", f"{path}/deployments/second", body))
    assert "not the trusted" in error["message"]
    assert cloud.get(f"{path}/deployments/second")["properties"]["provisioningState"] == "Failed"
    cloud.stop()
    cloud.start()
    eventually(lambda: caller.ask([[39.1, 18.7, 181, 3750]]).status == 200)
