"""Releases on an online endpoint of the sandbox that really answers, as `up` makes them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.azure.runs.blob_upload import BlobUploadHandler
from components.azure.runs.cloud import call, forget_clients
from components.azure.runs.traffic import TrafficHandler
from components.packaging import file_sha256
from plugin.handler import ResourceFailedError
from plugin.provider import Context
from tests.sandbox.running import RunningSandbox
from tests.sandbox.runs.azure_place import REGION, AzurePlace
from tests.sandbox.runs.conftest import Operation
from tools.predictors import PredictionFailed, ways

SCRIPT = """
import json, os

def init():
    print("loading", os.environ["LABEL"], flush=True)

def run(data):
    label = os.environ["LABEL"]
    if label == "broken":
        print("no such column", flush=True)
        raise ValueError("no such column")
    told = {"label": label, "probabilities": {label: 1.0}}
    return {"predictions": [told] * len(json.loads(data))}
"""
HANDLER = TrafficHandler()


@pytest.fixture(scope="module")
def place(
    sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AzurePlace]:
    """A workspace with an endpoint, on which blue, green and broken are deployed."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        forget_clients()
        found = AzurePlace(sandbox.environment["ARM_SUBSCRIPTION_ID"], "releases")
        found.open_workspace(sandbox.environment["ARM_TENANT_ID"])
        code_id = found.register_code(_script(found, tmp_path_factory.mktemp("code")))
        found.put(_endpoint(found), _settings())
        for label in ("blue", "green", "broken"):
            found.put(f"{_endpoint(found)}/deployments/{label}", _deployment(found, code_id, label))
        yield found
        for label in ("blue", "green", "broken"):
            found.delete(f"{_endpoint(found)}/deployments/{label}")
        forget_clients()


@pytest.fixture(autouse=True)
def _reached(no_real_cloud: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test loses the environment that the module's fixtures had: here it is again."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


def _endpoint(place: AzurePlace) -> str:
    return f"{place.workspace}/onlineEndpoints/releases"


def _settings(**tags: str) -> dict[str, Any]:
    return {
        "location": REGION,
        "kind": "Managed",
        "identity": {"type": "SystemAssigned"},
        "tags": tags,
        "properties": {"authMode": "Key", "description": "by the program"},
    }


def _script(place: AzurePlace, directory: Path) -> str:
    (directory / "main.py").write_text(SCRIPT)
    inputs = {
        "accountUrl": place.account_url,
        "container": "artefacts",
        "path": "code/releases/main.py",
        "source": str(directory / "main.py"),
        "sha256": file_sha256(directory / "main.py"),
    }
    return BlobUploadHandler().create(Context(name="code"), inputs)[0].rpartition("/")[0]


def _deployment(place: AzurePlace, code_id: str, label: str) -> dict[str, Any]:
    properties = {
        "endpointComputeType": "Managed",
        "environmentId": f"{place.workspace}/environments/sklearn/versions/1",
        "codeConfiguration": {"codeId": code_id, "scoringScript": "main.py"},
        "environmentVariables": {"LABEL": label},
        "requestSettings": {"maxConcurrentRequestsPerInstance": 4, "requestTimeout": "PT20S"},
    }
    sku = {"name": "Default", "tier": "Standard", "capacity": 1}
    return {"location": REGION, "sku": sku, "properties": properties}


def _inputs(place: AzurePlace, deployment: str, **changes: Any) -> dict[str, Any]:
    base = {
        "endpointId": _endpoint(place),
        "deploymentName": deployment,
        "probe": json.dumps([[1, 2, 3, 4]]),
        "release": {"deployment": deployment},
        "keepHistory": 10,
    }
    return {**base, **changes}


def _predicted(place: AzurePlace) -> str:
    outputs = {"endpoint": {"id": _endpoint(place)}}
    (answer,) = ways("azure", outputs)["endpoint"](outputs, [[1, 2, 3, 4]])
    return str(answer["label"])


def test_releases_follow_each_other_fail_and_go_back_without_an_interruption(
    place: AzurePlace, operation: Operation
) -> None:
    context = operation.context
    blue = _inputs(place, "blue")
    resource_id, outputs = HANDLER.create(context, blue)
    state = {**blue, **outputs}
    assert _predicted(place) == "blue"

    # Somebody describes the endpoint and an autoscaler raises the count: both are kept.
    live = call("GET", resource_id)
    described = {**_settings(owner="me"), "properties": {**live["properties"]}}
    described["properties"]["description"] = "by hand"
    place.put(resource_id, described)
    sku = {"name": "Default", "tier": "Standard", "capacity": 2}
    call("PATCH", f"{resource_id}/deployments/blue", body={"sku": sku})
    green = _inputs(place, "green")
    changed = HANDLER.update(context, resource_id, state, green)
    state = {**green, **changed}
    assert changed["history"] == [{"deployment": "blue"}]
    assert _predicted(place) == "green"
    live = call("GET", resource_id)
    assert live["properties"]["traffic"] == {"green": 100}
    assert (live["properties"]["description"], live["tags"]) == ("by hand", {"owner": "me"})
    assert call("GET", f"{resource_id}/deployments/green")["sku"]["capacity"] == 2

    # One that does not answer gets no traffic.
    broken = _inputs(place, "broken")
    with pytest.raises(ResourceFailedError, match="It goes on asking green") as failure:
        HANDLER.update(context, resource_id, state, broken)
    assert "no such column" in str(failure.value)
    assert _predicted(place) == "green"

    # Writing the endpoint resets its traffic, as the API does; then it is given once more.
    place.put(resource_id, _settings(owner="you"))
    with pytest.raises(PredictionFailed):
        _predicted(place)
    seen = HANDLER.read(context, resource_id, state, green)
    assert seen is not None
    assert seen.outputs["deploymentName"] == ""
    again = HANDLER.update(context, resource_id, state, {**green, "endpointSettings": {"a": "b"}})
    assert again["history"] == changed["history"]
    assert _predicted(place) == "green"

    HANDLER.delete(context, resource_id, state)
    assert call("GET", resource_id)["properties"]["traffic"] == {}
    HANDLER.delete(context, resource_id, state)  # nothing to take away: no error
