"""What single tokens of the azure-native provider do beyond the common life."""

import re

import pytest

from plugin import UNKNOWN
from sandbox.azure.environment import SUBSCRIPTION
from sandbox.azure.plugin.cloud import AzureError, Cloud
from tests.sandbox.azure_plugin.cases import account, vault
from tests.sandbox.azure_plugin.world import LOCATION, World
from tests.sandbox.plugin.stub import Engine, OperationFailedError

GROUP = "azure-native:resources:ResourceGroup"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
ACCOUNT = "azure-native:storage:StorageAccount"
COMPUTE = "azure-native:machinelearningservices:Compute"


def test_automatic_names_are_those_of_the_real_provider(engine: Engine) -> None:
    name = engine.check(GROUP, "ml", {}).inputs["resourceGroupName"]
    assert re.fullmatch(r"ml[0-9a-f]{8}", name)
    container = {"resourceGroupName": "g", "accountName": "a"}
    inner = engine.check("azure-native:storage:BlobContainer", "raw", container).inputs
    assert inner["containerName"] == "raw"
    role = {"scope": "/s", "principalId": "p", "roleDefinitionId": "r"}
    made = engine.check("azure-native:authorization:RoleAssignment", "r", role).inputs
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["roleAssignmentName"])


def test_what_has_a_random_name_is_made_again_first(engine: Engine, world: World) -> None:
    made = engine.create(IDENTITY, "auto", {"resourceGroupName": world.group})
    assert made.outputs["location"] == LOCATION
    moved = {"resourceGroupName": world.group, "location": "eastus"}
    wanted = engine.check(IDENTITY, "auto", moved, made.inputs)
    assert wanted.inputs["resourceName"] == made.inputs["resourceName"]
    difference = engine.diff(made, wanted.inputs)
    assert difference.replaces == ["location"]
    assert not difference.delete_before_replace
    engine.delete(made)


def test_a_location_in_other_words_is_no_change(engine: Engine, world: World) -> None:
    inputs = {"resourceGroupName": world.group, "resourceName": "words", "location": LOCATION}
    made = engine.create(IDENTITY, "words", inputs)
    said = engine.check(IDENTITY, "words", {**inputs, "location": "West Europe"}, made.inputs)
    assert not engine.diff(made, said.inputs).changed
    engine.delete(made)


def test_what_exists_is_not_created_but_imported(engine: Engine, world: World) -> None:
    inputs = {"resourceGroupName": world.group, "resourceName": "there"}
    made = engine.create(IDENTITY, "there", inputs)
    with pytest.raises(OperationFailedError, match="cannot create already existing resource"):
        engine.create(IDENTITY, "there", inputs)
    found = engine.load(IDENTITY, "there", made.id)
    assert found is not None
    assert found.inputs["resourceName"] == "there"
    engine.delete(made)


def test_a_value_that_is_none_of_the_sdks_is_refused(engine: Engine) -> None:
    inputs = {"resourceGroupName": "g", "accountName": "a", "sku": {"name": "Cheap"}, "kind": "X"}
    failures = dict(engine.check(ACCOUNT, "a", inputs).failures)
    assert "Standard_LRS" in failures["sku.name"]
    assert "StorageV2" in failures["kind"]


def test_an_object_of_several_types_is_told_by_its_discriminator(engine: Engine) -> None:
    inputs = {"resourceGroupName": "g", "workspaceName": "w", "computeName": "c"}
    right = {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS3_v2"}}
    assert engine.check(COMPUTE, "c", {**inputs, "properties": right}).failures == []
    wrong = {"computeType": "AmlCompute", "properties": {"vmSiez": "x"}}
    assert [
        where for where, _ in engine.check(COMPUTE, "c", {**inputs, "properties": wrong}).failures
    ] == ["properties.properties.vmSiez"]
    none = {"computeType": "Cluster", "properties": {}}
    failures = engine.check(COMPUTE, "c", {**inputs, "properties": none}).failures
    assert failures[0][0] == "properties.computeType"
    assert "AmlCompute" in failures[0][1]
    unknown = {"computeType": UNKNOWN, "properties": {}}
    assert engine.check(COMPUTE, "c", {**inputs, "properties": unknown}).failures == []


def test_properties_stand_where_azure_has_them(engine: Engine, azure: Cloud, world: World) -> None:
    inputs = account(world)
    made = engine.create(ACCOUNT, "wire", inputs)
    found = azure.get(made.id, "2024-01-01")
    assert found["sku"]["name"] == "Standard_LRS"
    properties = found["properties"]
    assert properties["supportsHttpsTrafficOnly"] is True
    assert properties["networkAcls"]["ipRules"] == [{"value": "203.0.113.7", "action": "Allow"}]
    assert properties["encryption"]["keyvaultproperties"]["keyname"] == world.key
    assert list(found["identity"]["userAssignedIdentities"]) == [world.identity]
    told = made.outputs["identity"]["userAssignedIdentities"]
    assert told[world.identity]["principalId"]
    assert made.inputs["identity"]["userAssignedIdentities"] == [world.identity]
    assert made.outputs["primaryEndpoints"]["blob"].endswith(f"/{inputs['accountName']}/")
    engine.delete(made)


def test_a_change_by_others_is_seen(engine: Engine, azure: Cloud, world: World) -> None:
    inputs = {**account(world), "accessTier": "Hot"}
    made = engine.create(ACCOUNT, "drift", inputs)
    body = azure.get(made.id, "2024-01-01")
    azure.put(
        made.id, "2024-01-01", {**body, "properties": {**body["properties"], "accessTier": "Cool"}}
    )
    found = engine.read(made)
    assert found is not None
    again = engine.check(ACCOUNT, "drift", inputs, found.inputs)
    assert engine.diff(found, again.inputs).diffs == ["accessTier"]
    engine.delete(made)


def test_a_resource_that_went_with_its_group_is_gone(engine: Engine, azure: Cloud) -> None:
    group = engine.create(GROUP, "gone", {"resourceGroupName": "plugin-gone"})
    made = engine.create(IDENTITY, "gone", {"resourceGroupName": "plugin-gone"})
    azure.delete(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/plugin-gone", "2024-01-01")
    assert engine.read(made) is None
    engine.delete(made)
    engine.delete(group)


def test_a_vaults_name_is_refused_while_it_is_softly_deleted(engine: Engine, world: World) -> None:
    token = "azure-native:keyvault:Vault"
    inputs = vault(world)
    engine.delete(engine.create(token, "v", inputs))
    with pytest.raises(OperationFailedError, match="ConflictError"):
        engine.create(token, "v", inputs)


def test_what_azure_refuses_is_told_in_its_words(engine: Engine, azure: Cloud) -> None:
    with pytest.raises(
        OperationFailedError, match=r"creating UserAssignedIdentity 'x'.*Resource group"
    ):
        engine.create(IDENTITY, "x", {"resourceGroupName": "no-such-group"})
    with pytest.raises(AzureError) as caught:
        azure.get(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/no-such-group", "2024-01-01")
    assert (caught.value.status, caught.value.code) == (404, "ResourceGroupNotFound")
