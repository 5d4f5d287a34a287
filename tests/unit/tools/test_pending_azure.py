"""What a killed run was creating in Azure is found by its id, or stops the next run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.azure.runs.cloud import forget_clients
from sandbox.azure.plugin.registry import handler_classes
from sandbox.azure.plugin.resource import SDK
from tests.unit.components.runs.azure_wire import AzureWire, refusal
from tests.unit.declared import declare_azure
from tools import pending
from tools.errors import ToolError
from tools.pending import azure as azure_pending
from tools.pending.existing import Existing

PROVIDER = "urn:pulumi:local::trimaran::pulumi:providers:azure-native::trimaran-local-azure"
GROUP = "/subscriptions/of-the-provider/resourceGroups/g"
ENDPOINT = (
    f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/made-1a2b"
)
TOKEN = "azure-native:machinelearningservices:OnlineEndpoint"
INPUTS = {"resourceGroupName": "g", "workspaceName": "w", "endpointName": "made-1a2b"}


@pytest.fixture
def azure(
    tmp_path: Path, no_real_cloud: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AzureWire]:
    wire = AzureWire(tmp_path / "azure")
    for name, value in wire.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(azure_pending, "_PAUSE", 0.01)
    forget_clients()
    yield wire
    forget_clients()
    wire.close()


def exported(token: str, inputs: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """A state with a provider in which `new` was being created."""
    provider = {
        "urn": PROVIDER,
        "type": "pulumi:providers:azure-native",
        "id": "7",
        "inputs": {"subscriptionId": "of-the-provider"},
    }
    new = {"urn": "a::b::new", "type": token, "inputs": inputs, "provider": f"{PROVIDER}::7"}
    operations = [{"type": "creating", "resource": new}]
    return {"deployment": {"resources": [provider, *others], "pending_operations": operations}}


def described(state: str | None) -> dict[str, Any]:
    return {"id": ENDPOINT, "properties": {"provisioningState": state} if state else {}}


@pytest.mark.parametrize("stack", ["local", "prod"])
def test_all_that_the_slice_declares_is_found_or_may_be_created_again(stack: str) -> None:
    everything = {"ci": {"repository": "acme/ml"}, "training": {"automl_trials": 5}}
    declared = {one.token for one in declare_azure(stack, {"azure": everything}).resources}
    ours = {token for token in declared if token.startswith("azure-native:")}
    assert len(ours) > 25
    assert ours <= azure_pending.FINDERS.keys() | azure_pending.REPEATABLE


@pytest.mark.parametrize("token", sorted(azure_pending.FINDERS))
def test_ids_and_versions_are_the_providers(token: str) -> None:
    finder, handler = azure_pending.FINDERS[token], handler_classes()[token]
    assert finder.path.lstrip("/") == handler.path.lstrip("/")
    assert finder.version == SDK.api_version(token)
    assert not handler.singleton


def test_it_is_asked_for_by_its_id_in_the_providers_subscription(azure: AzureWire) -> None:
    azure.answers["GET", ENDPOINT] = described("Succeeded")
    assert pending.found(exported(TOKEN, INPUTS)) == {"a::b::new": Existing(id=ENDPOINT)}
    (asked,) = azure.requests("GET")
    assert asked.path == ENDPOINT
    assert asked.query["api-version"] == azure_pending.FINDERS[TOKEN].version


def test_a_scope_is_a_part_of_the_id_as_it_is(azure: AzureWire) -> None:
    token = "azure-native:authorization:RoleAssignment"
    place = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/0-1"
    azure.answers["GET", place] = {"id": place, "properties": {}}
    inputs = {"scope": GROUP, "roleAssignmentName": "0-1"}
    assert pending.found(exported(token, inputs)) == {"a::b::new": Existing(id=place)}


def test_what_never_came_to_be_is_not_found(azure: AzureWire) -> None:
    assert pending.found(exported(TOKEN, INPUTS)) == {}


def test_the_older_one_that_is_being_replaced_is_not_what_was_being_created(
    azure: AzureWire,
) -> None:
    azure.answers["GET", ENDPOINT] = described("Succeeded")
    older = {"urn": "a::b::old", "type": TOKEN, "id": ENDPOINT.upper()}
    assert pending.found(exported(TOKEN, INPUTS, older)) == {}


def test_a_creation_that_goes_on_without_its_run_is_waited_for(azure: AzureWire) -> None:
    azure.answers["GET", ENDPOINT] = [
        described("Accepted"),
        described("Creating"),
        described("Succeeded"),
    ]
    assert pending.found(exported(TOKEN, INPUTS)) == {"a::b::new": Existing(id=ENDPOINT)}
    assert len(azure.requests("GET")) == 3


def test_a_creation_that_goes_on_for_ever_stops_the_run(
    azure: AzureWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azure_pending, "_LONGEST_CREATION", 0.03)
    azure.answers["GET", ENDPOINT] = described("Creating")
    with pytest.raises(ToolError, match="in Azure it is creating"):
        pending.found(exported(TOKEN, INPUTS))


def test_a_creation_that_failed_is_told_with_the_way_to_delete_it(azure: AzureWire) -> None:
    azure.answers["GET", ENDPOINT] = described("Failed")
    with pytest.raises(ToolError) as raised:
        pending.found(exported(TOKEN, INPUTS))
    assert "it is failed" in str(raised.value)
    assert f"az resource delete --ids {ENDPOINT}" in str(raised.value)


@pytest.mark.parametrize("status", [401, 403])
def test_an_azure_that_cannot_be_asked_stops_the_run_before_anything_is_doubled(
    azure: AzureWire, status: int
) -> None:
    azure.answers["GET", ENDPOINT] = refusal(status, "AuthorizationFailed", "nobody may")
    with pytest.raises(ToolError, match=r"new \(azure-native(.|\n)*nobody may"):
        pending.found(exported(TOKEN, INPUTS))
