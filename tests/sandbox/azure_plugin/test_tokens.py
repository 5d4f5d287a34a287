"""The life of every token: what holds for all of them."""

import re
from typing import Any

import pytest

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.registry import handler_classes
from sandbox.azure.plugin.resource import SDK
from sandbox.plugins.schema import ResourceSchema
from tests.sandbox.azure_plugin.cases import CASES, Case
from tests.sandbox.azure_plugin.world import World
from tests.sandbox.plugin.every_token import EveryToken, by_name
from tests.sandbox.plugin.stub import Engine, Live

BY_NAME = by_name(CASES)
Made = tuple[Live, Case, dict[str, Any]]


def test_every_handler_has_a_case() -> None:
    assert {case.token for case in CASES} == set(handler_classes())


@pytest.mark.parametrize("token", sorted(handler_classes()))
def test_every_listed_property_is_one_of_the_sdk(token: str) -> None:
    kind = handler_classes()[token]
    listed = kind.immutable | kind.mutable
    schema = SDK.resource(token)
    assert listed <= set(schema.inputs)
    assert not kind.immutable & kind.mutable
    assert kind.local <= listed
    assert set(kind.defaults) <= listed
    assert kind.unknown_until_created <= set(schema.inputs)
    path = set(re.findall(r"\{(\w+)\}", kind.path)) - {"subscriptionId"}
    assert path <= kind.immutable
    assert set(kind.unsent) <= set(schema.inputs)
    assert kind.auto_name is None or kind.auto_name.property in listed
    assert kind.behaviour in ("behaves", "recorded")


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_refresh_shows_no_change(engine: Engine, live: Made) -> None:
    created, _, _ = live
    found = engine.read(created)
    assert found is not None
    assert found.id == created.id
    assert found.inputs == created.inputs
    assert found.outputs == created.outputs


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_all_outputs_are_the_sdks(engine: Engine, live: Made) -> None:
    created, case, _ = live
    schema = SDK.resource(case.token)
    known = {*schema.outputs, *schema.inputs}
    assert {name for name in created.outputs if not name.startswith("__")} <= known
    missing = schema.computed - set(created.outputs)
    assert missing <= MAY_BE_UNSET, missing
    assert created.outputs["azureApiVersion"] == SDK.api_version(case.token)


MAY_BE_UNSET = {
    "accountMigrationInProgress",
    "blobRestoreStatus",
    "createdWithApiVersion",
    "curveName",
    "dataEndpointHostNames",
    "defaultSecurityRules",
    "deletedTime",
    "effectiveDefinitionVersion",
    "failoverInProgress",
    "flowLogs",
    "forecastSpend",
    "geoReplicationStats",
    "hockeyAppToken",
    "immutabilityPolicy",
    "inheritedFrom",
    "ipConfigurationProfiles",
    "ipConfigurations",
    "isCreatedFromStandbyPool",
    "isLegacyLogAnalyticsRule",
    "isMigrated",
    "isSkuConversionBlocked",
    "isWorkspaceAlertsStorageConfigured",
    "laMigrationDate",
    "lastGeoFailoverTime",
    "lastUpdatedTime",
    "latestDefinitionVersion",
    "leaseDuration",
    "legalHold",
    "networkInterfaces",
    "privateEndpoints",
    "privateLinkScopedResources",
    "purpose",
    "releasePolicy",
    "replacedBy",
    "resourceNavigationLinks",
    "secondaryEndpoints",
    "secondaryLocation",
    "serviceAssociationLinks",
    "serviceProvisionedResourceGroup",
    "status",
    "statusOfSecondary",
    "storageAccountSkuConversionStatus",
    "storageHnsEnabled",
    "subnets",
    "version",
}
"""Outputs that the cloud leaves out, too, for resources like those of the cases."""


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_an_update_in_place_arrives_in_the_cloud(engine: Engine, world: World, live: Made) -> None:
    created, case, inputs = live
    change = case.change(world)
    if not change:
        pytest.skip("nothing of it changes in place")
    wanted = {**inputs, **change}
    checked = engine.check(case.token, created.name, wanted, created.inputs)
    difference = engine.diff(created, checked.inputs)
    assert difference.changed
    assert difference.replaces == []
    updated = engine.update(created, wanted)
    found = engine.read(updated)
    assert found is not None
    assert found.inputs == updated.inputs
    assert found.outputs == updated.outputs
    for name, value in change.items():
        if not isinstance(value, dict | list):
            assert found.inputs[name] == value
    assert not engine.diff(updated, checked.inputs).changed


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_change_of_an_immutable_property_replaces(
    engine: Engine, world: World, live: Made
) -> None:
    created, case, inputs = live
    change = case.replace(world)
    checked = engine.check(case.token, created.name, {**inputs, **change}, created.inputs)
    difference = engine.diff(created, checked.inputs)
    roots = {path.split(".")[0].split("[")[0] for path in difference.replaces}
    assert roots, difference
    assert roots <= set(change)
    # Only what has a random name of the provider's is made again before it is deleted.
    auto = handler_classes()[case.token].auto_name
    random = isinstance(auto, RandomName) and auto.property not in inputs
    assert difference.delete_before_replace == (not random)


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_an_import_by_id_declares_what_the_program_does(engine: Engine, live: Made) -> None:
    created, case, inputs = live
    found = engine.load(case.token, created.name, created.id)
    assert found is not None
    assert found.id == created.id
    kind = handler_classes()[case.token]
    for name in set(inputs) - kind.local - case.unimportable:
        assert _says(found.inputs.get(name), created.inputs[name]), name
    again = {**found.inputs, **{n: v for n, v in inputs.items() if n not in case.unimportable}}
    checked = engine.check(case.token, created.name, again, found.inputs)
    assert checked.failures == []
    assert engine.diff(found, checked.inputs).replaces == []


def _says(found: Any, declared: Any) -> bool:
    """Whether all that is declared was found; what the cloud chose may stand beside it."""
    if isinstance(declared, dict) and isinstance(found, dict):
        return all(_says(found.get(name), item) for name, item in declared.items())
    if isinstance(declared, list) and isinstance(found, list):
        return len(found) == len(declared) and all(map(_says, found, declared))
    # A switch that is off says nothing.
    return bool(found == declared or (found is None and declared is False))


class TestEveryToken(EveryToken):
    """What every provider has to keep."""

    tokens = handler_classes()
    by_name = BY_NAME
    misspelt = "tagz"
    unsupported = "azure-native:web:WebApp"

    @staticmethod
    def schema(token: str) -> ResourceSchema:
        return SDK.resource(token)
