"""The life of every token: what holds for all of them."""

from typing import Any

import pytest

from sandbox.gcp.plugin.registry import handler_classes
from sandbox.gcp.plugin.resource import SDK
from sandbox.plugins.schema import ResourceSchema
from tests.sandbox.gcp_plugin.cases import CASES, Case
from tests.sandbox.gcp_plugin.world import World
from tests.sandbox.plugin.every_token import EveryToken
from tests.sandbox.plugin.stub import Engine, Live

BY_NAME = [pytest.param(case, id=case.token.split("/")[0] + case.name) for case in CASES]


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
    assert kind.labelled == ("pulumiLabels" in schema.outputs)
    assert kind.auto_name is None or kind.auto_name.property in listed
    assert kind.behaviour in ("behaves", "recorded")


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_refresh_shows_no_change(engine: Engine, live: Made) -> None:
    created, _, _ = live
    found = engine.read(created)
    assert found is not None
    assert found.id == created.id
    assert found.inputs == created.inputs
    # Others grant roles in the same policy meanwhile.
    assert {**found.outputs, "etag": ""} == {**created.outputs, "etag": ""}


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_all_outputs_are_the_sdks(engine: Engine, live: Made) -> None:
    created, case, inputs = live
    known = set(SDK.resource(case.token).outputs)
    assert {name for name in created.outputs if not name.startswith("__")} <= known
    missing = SDK.resource(case.token).computed - set(created.outputs)
    assert missing <= MAY_BE_UNSET, missing
    if "pulumiLabels" in known:
        wanted = {**inputs["labels"], "goog-pulumi-provisioned": "true"}
        assert created.outputs["pulumiLabels"] == wanted
        assert created.outputs["effectiveLabels"] == wanted
        assert created.outputs["labels"] == inputs["labels"]


MAY_BE_UNSET = {
    "ancestorModule",
    "creationTimestamp",
    "dedicatedEndpointDns",
    "deletionTime",
    "fingerprint",
    "gatewayAddress",
    "gatewayIpv4",
    "ipv6CidrRange",
    "ipv6GceEndpoint",
    "modelDeploymentMonitoringJob",
    "state",
    "verificationStatus",
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
    assert {**found.outputs, "etag": ""} == {**updated.outputs, "etag": ""}
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
    name = handler_classes()[case.token].auto_name
    # Two cannot have one name: what the program named itself is deleted first.
    assert difference.delete_before_replace == (name is not None and name.property in inputs)


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_an_import_by_id_declares_what_the_program_does(engine: Engine, live: Made) -> None:
    created, case, inputs = live
    if "condition" in case.unimportable:
        pytest.skip("members with conditions are not imported by a plain id")
    found = engine.load(case.token, created.name, case.import_id(created.outputs, created.id))
    assert found is not None
    assert found.id == created.id
    kind = handler_classes()[case.token]
    difference = engine.diff(found, engine.check(case.token, created.name, inputs).inputs)
    # What steers the provider, and labels, which are not known to be the program's, come later.
    unknown = kind.local | kind.untold | {"labels", "pulumiLabels"}
    assert set(difference.diffs) <= unknown, found
    assert difference.replaces == []


class TestEveryToken(EveryToken):
    """What every provider has to keep."""

    tokens = handler_classes()
    by_name = BY_NAME
    misspelt = "projct"
    unsupported = "gcp:pubsub/topic:Topic"

    @staticmethod
    def schema(token: str) -> ResourceSchema:
        return SDK.resource(token)
