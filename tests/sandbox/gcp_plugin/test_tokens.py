"""The life of every token: what holds for all of them."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from plugin import UNKNOWN
from sandbox.gcp.plugin.registry import handler_classes
from sandbox.gcp.plugin.resource import SDK
from tests.sandbox.gcp_plugin.cases import CASES, Case
from tests.sandbox.gcp_plugin.world import World
from tests.sandbox.plugin.stub import Engine, Live

BY_NAME = [pytest.param(case, id=case.token.split("/")[0] + case.name) for case in CASES]


@pytest.fixture
def live(
    engine: Engine, world: World, request: pytest.FixtureRequest
) -> Iterator[tuple[Live, Case, dict[str, Any]]]:
    """A created resource with its case and inputs, deleted at the end whatever happens."""
    case: Case = request.param
    inputs = dict(case.inputs(world))
    created = engine.create(case.token, "case", inputs)
    yield created, case, inputs
    engine.delete(created)


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


@pytest.mark.parametrize("token", sorted(handler_classes()))
def test_a_property_of_the_sdk_in_no_list_is_refused_by_name(engine: Engine, token: str) -> None:
    kind = handler_classes()[token]
    for name in set(SDK.resource(token).inputs) - kind.immutable - kind.mutable:
        failures = engine.check(token, "case", {name: UNKNOWN}).failures
        assert any(where == name and "not supported" in reason for where, reason in failures)


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
def test_a_second_update_changes_nothing(engine: Engine, live: Made) -> None:
    created, case, inputs = live
    again = engine.check(case.token, created.name, inputs, created.inputs)
    assert again.failures == []
    assert again.inputs == created.inputs
    assert not engine.diff(created, again.inputs).changed


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


@pytest.mark.parametrize("case", BY_NAME)
def test_a_deleted_resource_is_gone_and_deleting_again_is_no_error(
    engine: Engine, world: World, case: Case
) -> None:
    created = engine.create(case.token, "case", case.inputs(world))
    engine.delete(created)
    engine.delete(created)
    if not case.stays:
        assert engine.read(created) is None


@pytest.mark.parametrize("case", BY_NAME)
def test_a_preview_tolerates_unknown_values_everywhere(
    engine: Engine, world: World, case: Case
) -> None:
    inputs = case.inputs(world)
    outputs = engine.preview(case.token, "case", dict.fromkeys(inputs, UNKNOWN))
    assert all(outputs[name] is UNKNOWN for name in SDK.resource(case.token).computed)
    for name, value in inputs.items():
        if isinstance(value, dict):
            engine.preview(case.token, "case", {**inputs, name: dict.fromkeys(value, UNKNOWN)})
        if isinstance(value, list):
            engine.preview(case.token, "case", {**inputs, name: [UNKNOWN]})


@pytest.mark.parametrize("case", BY_NAME)
def test_an_unknown_property_is_refused_with_a_hint(
    engine: Engine, world: World, case: Case
) -> None:
    failures = engine.check(case.token, "case", {**case.inputs(world), "projct": "x"}).failures
    assert [where for where, _ in failures] == ["projct"]


@pytest.mark.parametrize("case", BY_NAME)
def test_a_missing_required_property_is_refused(engine: Engine, world: World, case: Case) -> None:
    required = {name for name, p in SDK.resource(case.token).inputs.items() if p.required}
    inputs = case.inputs(world)
    for name in required:
        rest = {key: value for key, value in inputs.items() if key != name}
        failures = engine.check(case.token, "case", rest).failures
        assert (name, f"missing required property {name!r}") in failures


def test_an_unsupported_token_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="gcp:pubsub/topic:Topic is not supported"):
        engine.check("gcp:pubsub/topic:Topic", "t", {})
