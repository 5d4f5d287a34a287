"""The shift of an online endpoint's traffic, at the wire."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.azure.runs import probe
from components.azure.runs.traffic import TrafficHandler
from plugin.handler import (
    InitializationFailedError,
    OperationInterruptedError,
    ResourceFailedError,
)
from plugin.values import UNKNOWN
from tests.unit.components.runs.azure_wire import WORKSPACE, Answer, AzureWire, refusal
from tests.unit.components.runs.conftest import RecordingContext

HANDLER = TrafficHandler()
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/e"
BLUE, GREEN = {"blue": 100}, {"green": 100}


def inputs(**changes: Any) -> dict[str, Any]:
    base = {
        "endpointId": ENDPOINT,
        "deploymentName": "green",
        "probe": "[[1, 2, 3, 4]]",
        "release": {"v": "2"},
        "keepHistory": 10,
    }
    return {**base, **changes}


@pytest.fixture
def cloud(azure: AzureWire) -> AzureWire:
    """An endpoint that asks blue; green is ready beside it and answers."""
    prepare(azure, before=BLUE, after=GREEN)
    for name, instances in (("blue", 3), ("green", 1)):
        azure.answers["GET", f"/deployments/{name}"] = deployment(instances)
    azure.answers["POST", "/onlineEndpoints/e/listKeys"] = {"primaryKey": "k"}
    azure.answers["POST", "/score"] = [answered("green"), answered("green")]
    azure.answers["POST", "/deployments/green/getLogs"] = {"content": "start\nno such file\n"}
    azure.answers["PATCH", "/deployments/green"] = deployment(3)
    azure.answers["PUT", "/onlineEndpoints/e"] = endpoint(azure, GREEN)
    return azure


def prepare(azure: AzureWire, *, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    found = [endpoint(azure, before), endpoint(azure, after)]
    azure.answers["GET", "/onlineEndpoints/e"] = found


def endpoint(
    azure: AzureWire, traffic: Mapping[str, int], state: str = "Succeeded", **properties: Any
) -> dict[str, Any]:
    identity = "/subscriptions/s/identities/i"
    return {
        "id": ENDPOINT,
        "name": "e",
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "systemData": {"createdBy": "x"},
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"owner": "somebody"},
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {identity: {"principalId": "p", "clientId": "c"}},
        },
        "properties": {
            "authMode": "Key",
            "description": "changed by hand",
            "publicNetworkAccess": "Enabled",
            "provisioningState": state,
            "scoringUri": f"https://{azure.host}/score",
            "swaggerUri": "https://x/swagger.json",
            "traffic": dict(traffic),
            **properties,
        },
    }


def deployment(capacity: int, state: str = "Succeeded") -> dict[str, Any]:
    sku = {"name": "Default", "tier": "Standard", "capacity": capacity}
    return {"id": "d", "sku": sku, "properties": {"provisioningState": state}}


def answered(by: str, status: int = 200) -> Answer:
    return Answer([{"label": "Adelie"}], status, {probe.DEPLOYMENT_HEADER: by})


def test_a_deployment_gets_the_traffic_after_it_answered_and_all_else_stays(
    cloud: AzureWire, context: RecordingContext
) -> None:
    resource_id, outputs = HANDLER.create(context, inputs())
    assert resource_id == ENDPOINT
    scoring = f"https://{cloud.host}/score"
    assert outputs == {"endpointName": "e", "scoringUri": scoring, "history": []}
    first, second = cloud.requests("POST", "/score")
    assert first.body == [[1, 2, 3, 4]]
    assert first.headers["authorization"] == "Bearer k"
    assert first.headers[probe.DEPLOYMENT_HEADER] == "green"
    assert probe.DEPLOYMENT_HEADER not in second.headers
    order = [asked.method + asked.path.rsplit("/", 1)[-1] for asked in cloud.asked]
    assert order.index("POSTscore") < order.index("PUTe")
    (put,) = cloud.requests("PUT")
    assert put.body == {
        "location": "westeurope",
        "kind": "Managed",
        "tags": {"owner": "somebody"},
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {"/subscriptions/s/identities/i": {}},
        },
        "properties": {
            "authMode": "Key",
            "description": "changed by hand",
            "publicNetworkAccess": "Enabled",
            "traffic": GREEN,
        },
    }


def test_the_count_that_the_autoscaler_chose_is_kept(
    cloud: AzureWire, context: RecordingContext
) -> None:
    HANDLER.create(context, inputs())
    (patch,) = cloud.requests("PATCH")
    assert patch.body == {"sku": {"name": "Default", "tier": "Standard", "capacity": 3}}
    cloud.answers["GET", "/deployments/blue"] = deployment(1)
    prepare(cloud, before=BLUE, after=GREEN)
    HANDLER.create(context, inputs())
    assert len(cloud.requests("PATCH")) == 1


def test_an_endpoint_that_asks_it_already_is_left_alone(
    cloud: AzureWire, context: RecordingContext
) -> None:
    prepare(cloud, before=GREEN, after=GREEN)
    HANDLER.create(context, inputs())
    assert [asked.method for asked in cloud.asked] == ["GET"]


def test_a_change_under_way_is_waited_for_first(
    cloud: AzureWire, context: RecordingContext
) -> None:
    cloud.answers["GET", "/onlineEndpoints/e"] = [
        endpoint(cloud, BLUE, "Updating"),
        endpoint(cloud, GREEN),
    ]
    HANDLER.create(context, inputs())
    assert len(context.pauses) == 1
    assert cloud.requests("PUT") == []


def test_a_deployment_that_does_not_answer_gets_no_traffic(
    cloud: AzureWire, context: RecordingContext
) -> None:
    cloud.answers["POST", "/score"] = Answer({"message": "no such column"}, 400)
    with pytest.raises(InitializationFailedError) as failure:
        HANDLER.create(context, inputs())
    text = str(failure.value)
    assert "green does not answer the probe: it answers 400" in text
    assert "It goes on asking blue" in text
    assert "    no such file" in text
    assert cloud.requests("PUT") == []
    assert failure.value.resource_id == ENDPOINT


def test_passing_refusals_are_borne_for_two_minutes(
    cloud: AzureWire, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Answer({"message": "starting"}, 503)
    cloud.answers["POST", "/score"] = [busy, busy, answered("green")]
    HANDLER.create(context, inputs())
    assert len(context.pauses) == 2
    cloud.answers["POST", "/score"] = busy
    prepare(cloud, before=BLUE, after=GREEN)
    monkeypatch.setattr(probe, "_PATIENCE_SECONDS", 0.1)
    with pytest.raises(ResourceFailedError, match="it answers 503"):
        HANDLER.create(context, inputs())


def test_when_another_deployment_answers_after_the_shift_the_traffic_goes_back(
    cloud: AzureWire, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_PATIENCE_SECONDS", 0.1)
    cloud.answers["POST", "/score"] = [answered("green"), answered("blue")]
    outputs = {**inputs(deploymentName="blue"), "endpointName": "e", "scoringUri": "u"}
    with pytest.raises(ResourceFailedError, match="blue answered instead"):
        HANDLER.update(context, ENDPOINT, {**outputs, "history": []}, inputs())
    puts = [put.body["properties"]["traffic"] for put in cloud.requests("PUT")]
    assert puts == [GREEN, BLUE]


def test_when_the_shift_fails_the_traffic_goes_back(
    cloud: AzureWire, context: RecordingContext
) -> None:
    headers = {"Azure-AsyncOperation": "https://HOST/operations/1"}
    cloud.answers["PUT", "/onlineEndpoints/e"] = Answer({}, 202, headers)
    failed = {"status": "Failed", "error": {"code": "Internal", "message": "it broke"}}
    cloud.answers["GET", "/operations/1"] = [failed, {"status": "Succeeded"}]
    with pytest.raises(ResourceFailedError, match="could not be shifted to green: it broke"):
        HANDLER.create(context, inputs())
    puts = [put.body["properties"]["traffic"] for put in cloud.requests("PUT")]
    assert puts == [GREEN, BLUE]


def test_a_traffic_that_cannot_be_given_back_is_told(
    cloud: AzureWire, context: RecordingContext
) -> None:
    cloud.answers["PUT", "/onlineEndpoints/e"] = refusal(409, "Conflict", "locked")
    prepare(cloud, before=BLUE, after=GREEN)
    with pytest.raises(ResourceFailedError, match="set it by hand to what it was") as failure:
        HANDLER.create(context, inputs())
    assert "{'blue': 100}" in str(failure.value)


def test_an_interruption_leaves_the_change_to_be_taken_up(cloud: AzureWire) -> None:
    headers = {"Azure-AsyncOperation": "https://HOST/operations/1"}
    cloud.answers["PUT", "/onlineEndpoints/e"] = Answer({}, 202, headers)
    cloud.answers["GET", "/operations/1"] = {"status": "InProgress"}
    context = RecordingContext(name="t", interrupt_after=0)
    with pytest.raises(InitializationFailedError, match="goes on in the cloud") as failure:
        HANDLER.create(context, inputs())
    assert isinstance(failure.value.__cause__, OperationInterruptedError)
    assert len(cloud.requests("PUT")) == 1
    left = dict(failure.value.outputs)
    with pytest.raises(InitializationFailedError, match="goes on with it"):
        HANDLER.read(context, ENDPOINT, left, inputs())
    prepare(cloud, before=GREEN, after=GREEN)
    assert HANDLER.update(context, ENDPOINT, left, inputs())["history"] == []
    del cloud.answers["GET", "/onlineEndpoints/e"]
    with pytest.raises(InitializationFailedError, match="does not exist"):
        HANDLER.update(context, ENDPOINT, left, inputs())


@pytest.mark.parametrize(
    ("mode", "operation", "answer", "secret"),
    [
        ("Key", "listKeys", {"primaryKey": "k"}, "k"),
        ("AMLToken", "token", {"accessToken": "t"}, "t"),
        ("AADToken", "", {}, "token for https://ml.azure.com"),
    ],
)
def test_the_probe_carries_what_the_endpoint_asks_for(
    cloud: AzureWire,
    context: RecordingContext,
    mode: str,
    operation: str,
    answer: dict[str, str],
    secret: str,
) -> None:
    found = [endpoint(cloud, traffic, authMode=mode) for traffic in (BLUE, GREEN)]
    cloud.answers["GET", "/onlineEndpoints/e"] = found
    if operation:
        cloud.answers["POST", f"/onlineEndpoints/e/{operation}"] = answer
    HANDLER.create(context, inputs())
    assert cloud.requests("POST", "/score")[0].headers["authorization"] == f"Bearer {secret}"


def test_an_endpoint_that_cannot_be_reached_from_here_is_not_tried(
    cloud: AzureWire, context: RecordingContext
) -> None:
    HANDLER.create(context, inputs(probe=None))
    assert cloud.requests("POST", "/score") == []
    assert cloud.requests("POST", "/listKeys") == []
    assert len(cloud.requests("PUT")) == 1


def test_a_deployment_that_failed_or_is_not_there_is_told(
    cloud: AzureWire, context: RecordingContext
) -> None:
    cloud.answers["GET", "/deployments/green"] = deployment(1, "Failed")
    with pytest.raises(ResourceFailedError, match="its deployment green is Failed"):
        HANDLER.create(context, inputs())
    prepare(cloud, before=BLUE, after=BLUE)
    del cloud.answers["GET", "/deployments/green"]
    with pytest.raises(ResourceFailedError, match="there is no deployment green"):
        HANDLER.create(context, inputs())
    del cloud.answers["GET", "/onlineEndpoints/e"]
    with pytest.raises(ResourceFailedError, match="endpoint e does not exist"):
        HANDLER.create(context, inputs())
    assert cloud.requests("PUT") == []


def test_a_deployment_that_gets_the_traffic_is_mirrored_no_more(
    cloud: AzureWire, context: RecordingContext
) -> None:
    mirrored = {"green": 10, "grey": 5}
    found = [endpoint(cloud, traffic, mirrorTraffic=mirrored) for traffic in (BLUE, GREEN)]
    cloud.answers["GET", "/onlineEndpoints/e"] = found
    HANDLER.create(context, inputs())
    assert cloud.requests("PUT")[0].body["properties"]["mirrorTraffic"] == {"grey": 5}


def test_traffic_that_a_change_of_the_endpoint_reset_is_given_once_more(
    cloud: AzureWire, context: RecordingContext
) -> None:
    old = inputs(endpointSettings={"publicNetworkAccess": "Enabled"})
    new = inputs(endpointSettings={"publicNetworkAccess": "Disabled"}, probe=None)
    changed = HANDLER.diff(context, ENDPOINT, old, {**new, "probe": old["probe"]})
    assert changed.changed == {"endpointSettings.publicNetworkAccess": "update"}
    assert not changed.replaces
    prepare(cloud, before={}, after=GREEN)
    state = {**old, "endpointName": "e", "scoringUri": "u", "history": [{"v": "1"}]}
    found = HANDLER.update(context, ENDPOINT, state, new)
    assert cloud.requests("PUT")[0].body["properties"]["traffic"] == GREEN
    assert found["history"] == [{"v": "1"}]


def test_the_history_names_each_earlier_release_once(
    cloud: AzureWire, context: RecordingContext
) -> None:
    old = {**inputs(deploymentName="blue", release={"v": "1"}), "endpointName": "e"}
    state = {**old, "scoringUri": "u", "history": [{"v": "0"}, {"v": "2"}, {"v": "1"}]}
    found = HANDLER.update(context, ENDPOINT, state, inputs())
    assert found["history"] == [{"v": "1"}, {"v": "0"}]


def test_a_shift_by_hand_is_shown_as_a_change_and_a_lost_endpoint_as_gone(
    cloud: AzureWire, context: RecordingContext
) -> None:
    state = {**inputs(), "endpointName": "e", "scoringUri": "u", "history": []}
    cloud.answers["GET", "/onlineEndpoints/e"] = endpoint(cloud, {"green": 20, "blue": 80})
    found = HANDLER.read(context, ENDPOINT, state, inputs())
    assert found is not None
    assert found.inputs is not None
    assert found.inputs["deploymentName"] == found.outputs["deploymentName"] == "blue"
    cloud.answers["GET", "/onlineEndpoints/e"] = endpoint(cloud, GREEN)
    assert HANDLER.read(context, ENDPOINT, state, inputs()).outputs == state  # type: ignore[union-attr]
    cloud.answers["GET", "/onlineEndpoints/e"] = endpoint(cloud, {})
    without = HANDLER.read(context, ENDPOINT, state, inputs())
    assert without is not None
    assert without.outputs == {**state, "deploymentName": ""}
    del cloud.answers["GET", "/onlineEndpoints/e"]
    assert HANDLER.read(context, ENDPOINT, state, inputs()) is None


def test_deleting_takes_the_traffic_away_once(cloud: AzureWire, context: RecordingContext) -> None:
    HANDLER.delete(context, ENDPOINT, {})
    assert cloud.requests("PUT")[0].body["properties"]["traffic"] == {}
    prepare(cloud, before={}, after={})
    HANDLER.delete(context, ENDPOINT, {})
    assert len(cloud.requests("PUT")) == 1
    del cloud.answers["GET", "/onlineEndpoints/e"]
    HANDLER.delete(context, ENDPOINT, {})  # gone already: no error


def test_a_preview_knows_what_does_not_change(context: RecordingContext) -> None:
    state = {**inputs(), "endpointName": "e", "scoringUri": "u", "history": []}
    known = HANDLER.preview_update(state, inputs(deploymentName=UNKNOWN))
    assert (known["endpointName"], known["scoringUri"]) == ("e", "u")
    assert known["history"] is UNKNOWN
    assert HANDLER.preview_create(inputs())["history"] == []
    assert HANDLER.preview_create(inputs())["endpointName"] is UNKNOWN
    other = inputs(endpointId="other")
    assert HANDLER.diff(context, "i", inputs(), other).replaces == {"endpointId"}
    assert not HANDLER.diff(context, "i", inputs(), inputs(deploymentName="x")).replaces


def test_a_probe_that_is_no_json_is_refused_in_the_preview(context: RecordingContext) -> None:
    (failure,) = HANDLER.check(context, {}, inputs(probe="[1,"))[1]
    assert failure.property == "probe"
    for fine in (None, UNKNOWN, "[]"):
        assert HANDLER.check(context, {}, inputs(probe=fine))[1] == []
