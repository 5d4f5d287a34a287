"""What an endpoint serves, as a resource: asked all the time, interrupted, refused, put right."""

import threading
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import httpx
import pytest

from components.gcp.runs.cloud import ApiError, base_url, call
from components.gcp.vertex.deployment import DeploymentHandler
from components.gcp.vertex.model import ModelHandler
from plugin.handler import InitializationFailedError, ResourceFailedError
from plugin.provider import Context
from tests.sandbox.running import eventually
from tests.sandbox.runs.conftest import Operation
from tests.sandbox.runs.gcp_cloud import (
    BUCKET,
    PROJECT,
    REGION,
    GcpRuns,
    Waiting,
    _bucket,
    gcp_runs,
)
from tests.sandbox.runs.test_gcp_jobs import limit

__all__ = ["_bucket", "gcp_runs"]

IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
# Answers with its name, after the seconds that it takes to start.
SERVER = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
time.sleep(float(os.environ.get("SECONDS_TO_START", 0)))
if os.environ["WHO"] == "broken":
    sys.exit("these weights are of another model")
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, value):
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n"
        self.wfile.write(f"{head}Content-Length: {len(body)}\\r\\n\\r\\n".encode() + body)
    def do_GET(self):
        self.answer({})
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"predictions": [os.environ["WHO"]]})
ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()
"""

pytestmark = pytest.mark.filterwarnings("ignore")


class Endpoint:
    """An endpoint of a test's own, its models, and a client that asks it."""

    def __init__(self, name: str, region: str = REGION) -> None:
        self.region = region
        parent = f"/v1/projects/{PROJECT}/locations/{region}"
        query = {"endpointId": name}
        body = {"displayName": name}
        call("aiplatform", "POST", f"{parent}/endpoints", region=region, body=body, query=query)
        self.name = f"{parent.removeprefix('/v1/')}/endpoints/{name}"
        self._id = name

    def model(self, who: str, **environment: str) -> str:
        """A version of the endpoint's model that answers ``who``."""
        inputs = {
            "project": PROJECT,
            "region": self.region,
            "modelId": self._id,
            "artifactUri": f"gs://{BUCKET}/served",
            "image": IMAGE,
            "command": ["python3", "-c", SERVER],
            "environment": {"WHO": who, **environment},
            "predictRoute": "/predict",
            "healthRoute": "/health",
            "port": 8080,
            "aliases": ["default"],
        }
        return ModelHandler().create(Context(name="model"), inputs)[0]

    def inputs(self, model: str, **changes: Any) -> dict[str, Any]:
        return {
            "endpointName": self.name,
            "modelName": model,
            "region": self.region,
            "machineType": "n1-standard-2",
            "minReplicas": 1,
            "maxReplicas": 1,
            "release": {"model": model},
            "keepHistory": 10,
            **changes,
        }

    def live(self) -> dict[str, Any]:
        return call("aiplatform", "GET", f"/v1/{self.name}", region=self.region)

    def served(self) -> list[str]:
        """Versions of what is deployed."""
        return [str(item["modelVersionId"]) for item in self.live().get("deployedModels", [])]

    def ask(self, client: httpx.Client | None = None) -> httpx.Response:
        url = f"{base_url('aiplatform', self.region)}/v1/{self.name}:predict"
        return (client or httpx).post(url, json={"instances": [[1]]}, timeout=60)

    def answer(self) -> str:
        return str(self.ask().json()["predictions"][0])

    def remove(self) -> None:
        """The endpoint with all that is deployed to it."""
        DeploymentHandler().delete(
            Operation().context, "", {"endpointName": self.name, "region": self.region}
        )
        call("aiplatform", "DELETE", f"/v1/{self.name}", region=self.region)


@pytest.fixture
def endpoint(gcp_runs: GcpRuns, request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    gcp_runs.storage.bucket(BUCKET).blob("served/model.joblib").upload_from_string(b"m")
    found = Endpoint(f"d{crc32(request.node.name.encode())}")
    yield found
    found.remove()


class Asking:
    """Two clients that ask without a pause, and every answer they got."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.answers: list[tuple[int, str]] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(endpoint,)) for _ in range(2)]

    def _ask(self, endpoint: Endpoint) -> None:
        with httpx.Client() as client:
            while not self._stop.is_set():
                answer = endpoint.ask(client)
                self.answers.append((answer.status_code, answer.text))

    def __enter__(self) -> "Asking":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def test_a_client_that_asks_all_the_time_gets_no_error_while_models_change(
    endpoint: Endpoint, operation: Operation
) -> None:
    handler, context = DeploymentHandler(), operation.context
    inputs = endpoint.inputs(endpoint.model("first"))
    resource_id, outputs = handler.create(context, inputs)
    with Asking(endpoint) as asking:
        for who in ("second", "third"):
            new = endpoint.inputs(endpoint.model(who))
            outputs = handler.update(context, resource_id, {**inputs, **outputs}, new)
            inputs = new
            assert endpoint.answer() == who
            assert len(endpoint.served()) == 1
        seen = len(asking.answers)
        eventually(lambda: len(asking.answers) > seen + 20)
    assert {status for status, _ in asking.answers} == {200}
    said = [
        who for _, text in asking.answers for who in ("first", "second", "third") if who in text
    ]
    assert {"first", "second", "third"} == set(said)
    assert said.count("third") >= 20
    assert endpoint.live()["trafficSplit"] == {outputs["deployedModelId"]: 100}
    assert [item["model"] for item in outputs["history"]] == [
        f"{endpoint.name.replace('endpoints', 'models')}@{version}" for version in (2, 1)
    ]


def test_a_model_that_does_not_start_leaves_the_old_one_serving_and_shows_its_log(
    endpoint: Endpoint, operation: Operation
) -> None:
    handler, inputs = DeploymentHandler(), endpoint.inputs(endpoint.model("old"))
    resource_id, outputs = handler.create(operation.context, inputs)
    bad = endpoint.inputs(endpoint.model("broken"))
    with Asking(endpoint) as asking, pytest.raises(ResourceFailedError) as failure:
        handler.update(operation.context, resource_id, {**inputs, **outputs}, bad)
    assert "It goes on serving what it served before" in str(failure.value)
    assert "The log ends with" in str(failure.value)
    assert "these weights are of another model" in str(failure.value)
    assert endpoint.served() == ["1"]
    assert {status for status, _ in asking.answers} <= {200}
    assert endpoint.answer() == "old"
    state = {**inputs, **outputs}
    assert handler.read(operation.context, resource_id, state, inputs) is not None


def test_an_interrupted_deployment_is_taken_up_and_not_made_twice(
    endpoint: Endpoint, operation: Operation
) -> None:
    handler = DeploymentHandler()
    inputs = endpoint.inputs(endpoint.model("slow", SECONDS_TO_START="3"))
    error = Waiting(handler, inputs).interrupt_when(
        lambda: call("aiplatform", "GET", f"/v1/{endpoint.name}/operations", region=REGION)[
            "operations"
        ]
    )
    assert isinstance(error, InitializationFailedError), error
    assert "the next `pulumi up` takes it up" in str(error)
    assert endpoint.served() == []
    with pytest.raises(InitializationFailedError, match="goes on with it"):
        handler.read(operation.context, error.resource_id, error.outputs, inputs)
    outputs = handler.update(operation.context, error.resource_id, error.outputs, inputs)
    assert endpoint.served() == ["1"]
    assert endpoint.answer() == "slow"
    assert outputs["history"] == []


def test_a_deployment_that_is_deleted_while_it_comes_up_leaves_nothing(
    gcp_runs: GcpRuns, endpoint: Endpoint, operation: Operation
) -> None:
    handler = DeploymentHandler()
    inputs = endpoint.inputs(endpoint.model("slow", SECONDS_TO_START="3"))
    waiting = Waiting(handler, inputs)
    error = waiting.interrupt_when(lambda: gcp_runs.processes("SECONDS_TO_START"))
    assert isinstance(error, InitializationFailedError), error
    handler.delete(operation.context, error.resource_id, error.outputs)
    assert endpoint.served() == []
    assert gcp_runs.processes("SECONDS_TO_START") == []


def test_replicas_beyond_the_quota_are_refused_and_the_old_model_goes_on(
    gcp_runs: GcpRuns, operation: Operation
) -> None:
    region = "europe-west9"
    gcp_runs.storage.bucket(BUCKET).blob("served/model.joblib").upload_from_string(b"m")
    endpoint = Endpoint("quota", region)
    try:
        limit("custom_model_serving_cpus", 7, region)
        handler, inputs = DeploymentHandler(), endpoint.inputs(endpoint.model("old"))
        resource_id, outputs = handler.create(operation.context, inputs)
        # Both are up for a while: two vCPUs serve, and three times two more would.
        more = endpoint.inputs(endpoint.model("new"), maxReplicas=3)
        with pytest.raises(ResourceFailedError) as failure:
            handler.update(operation.context, resource_id, {**inputs, **outputs}, more)
        text = str(failure.value)
        assert (
            "The following quotas are exceeded: CustomModelServingCPUsPerProjectPerRegion" in text
        )
        assert f"Quota CustomModelServingCPUsPerProjectPerRegion of region {region} is used" in text
        assert "It goes on serving what it served before" in text
        assert endpoint.answer() == "old"
        less = {**more, "maxReplicas": 1}
        handler.update(operation.context, resource_id, {**inputs, **outputs}, less)
        assert endpoint.answer() == "new"
    finally:
        endpoint.remove()


def test_what_somebody_undeployed_or_deployed_by_hand_is_put_right(
    endpoint: Endpoint, operation: Operation
) -> None:
    handler, context = DeploymentHandler(), operation.context
    mine, other = endpoint.model("mine"), endpoint.model("other")
    inputs = endpoint.inputs(mine)
    resource_id, outputs = handler.create(context, inputs)
    state = {**inputs, **outputs}
    handler.delete(
        context, resource_id, state
    )  # as somebody's `gcloud ai endpoints undeploy-model`
    assert handler.read(context, resource_id, state, inputs) is None

    handler.create(context, endpoint.inputs(other))
    found = handler.read(context, resource_id, state, inputs)
    assert found is not None
    assert found.inputs is not None
    assert found.inputs["modelName"] == other.replace(PROJECT, "123456789012")
    handler.update(context, resource_id, found.outputs, inputs)
    assert endpoint.answer() == "mine"


def test_a_model_deleted_behind_its_back_is_gone_on_refresh_and_uploaded_anew(
    endpoint: Endpoint, operation: Operation
) -> None:
    first = endpoint.model("only")
    place = {"resourceName": first.split("@")[0], "versionId": "1", "region": REGION}
    assert ModelHandler().read(operation.context, first, place, {}) is not None
    call("aiplatform", "DELETE", f"/v1/{first.split('@')[0]}", region=REGION)
    assert ModelHandler().read(operation.context, first, place, {}) is None
    ModelHandler().delete(operation.context, first, place)  # gone already: no error
    assert endpoint.model("only").endswith("@1")
    with pytest.raises(ApiError):
        call("aiplatform", "GET", f"/v1/{first.split('@')[0]}@2", region=REGION)
