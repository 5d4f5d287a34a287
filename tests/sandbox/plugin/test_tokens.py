"""The life of every token: what holds for all of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import grpc
import pytest

from plugin import UNKNOWN
from sandbox.aws.plugin import schema
from sandbox.aws.plugin.registry import handler_classes
from tests.sandbox.plugin.cases import CASES, Case
from tests.sandbox.plugin.stub import Engine, Live
from tests.sandbox.plugin.world import World

BY_NAME = [pytest.param(case, id=case.name) for case in CASES]


@pytest.fixture
def live(engine: Engine, world: World, request: pytest.FixtureRequest) -> Iterator[Live]:
    """A created resource, deleted at the end whatever happens."""
    case: Case = request.param
    created = engine.create(case.token, "case", case.inputs(world))
    yield created
    engine.delete(created)


def _case(live: Live) -> Case:
    return next(case for case in CASES if case.token == live.token)


def test_every_handler_has_a_case() -> None:
    assert {case.token for case in CASES} == set(handler_classes())


@pytest.mark.parametrize("token", sorted(handler_classes()))
def test_every_listed_property_is_one_of_the_sdk(token: str) -> None:
    kind = handler_classes()[token]
    listed = kind.immutable | kind.mutable
    assert listed <= set(schema.resource(token).inputs)
    assert not kind.immutable & kind.mutable
    assert kind.local <= listed
    assert set(kind.defaults) <= listed
    assert kind.unknown_until_created <= listed


@pytest.mark.parametrize("token", sorted(handler_classes()))
def test_a_property_of_the_sdk_in_no_list_is_refused_by_name(engine: Engine, token: str) -> None:
    kind = handler_classes()[token]
    for name in set(schema.resource(token).inputs) - kind.immutable - kind.mutable:
        failures = engine.check(token, "case", {name: UNKNOWN}).failures
        assert any(where == name and "not supported" in reason for where, reason in failures)


def _lasting(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs but for those that go on by themselves: a job that fails, whoever looks at it."""
    return {key: value for key, value in outputs.items() if key not in ("status", "failureReason")}


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_refresh_shows_no_change(engine: Engine, live: Live) -> None:
    found = engine.read(live)
    assert found is not None
    assert found.id == live.id
    assert found.inputs == live.inputs
    assert _lasting(found.outputs) == _lasting(live.outputs)


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_second_update_changes_nothing(engine: Engine, world: World, live: Live) -> None:
    again = engine.check(live.token, live.name, _case(live).inputs(world), live.inputs)
    assert again.failures == []
    assert again.inputs == live.inputs
    assert not engine.diff(live, again.inputs).changed


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_all_outputs_are_the_sdks(engine: Engine, live: Live) -> None:
    known = set(schema.resource(live.token).outputs)
    assert {name for name in live.outputs if not name.startswith("__")} <= known
    if "tagsAll" in known:
        assert live.outputs["tagsAll"] == live.inputs.get("tags", {})


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_an_update_in_place_arrives_in_the_cloud(engine: Engine, world: World, live: Live) -> None:
    change = _case(live).change(world)
    if not change:
        pytest.skip("nothing of it changes in place")
    wanted = {**_case(live).inputs(world), **change}
    checked = engine.check(live.token, live.name, wanted, live.inputs)
    difference = engine.diff(live, checked.inputs)
    assert difference.changed
    assert difference.replaces == []
    updated = engine.update(live, wanted)
    found = engine.read(updated)
    assert found is not None
    assert found.inputs == updated.inputs
    assert _lasting(found.outputs) == _lasting(updated.outputs)
    for name, value in change.items():
        if name in updated.outputs and not isinstance(value, dict | list):
            assert updated.outputs[name] == value
    assert not engine.diff(updated, checked.inputs).changed


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_change_of_an_immutable_property_replaces(
    engine: Engine, world: World, live: Live
) -> None:
    case = _case(live)
    assert case.replace is not None
    change = case.replace(world)
    wanted = {**case.inputs(world), **change}
    checked = engine.check(live.token, live.name, wanted, live.inputs)
    difference = engine.diff(live, checked.inputs)
    roots = {path.split(".")[0].split("[")[0] for path in difference.replaces}
    assert roots, difference
    assert roots <= set(change)
    name = handler_classes()[live.token].auto_name
    named = name is not None and name.property in wanted
    assert difference.delete_before_replace == named


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_an_import_by_id_declares_what_the_program_does(
    engine: Engine, world: World, live: Live
) -> None:
    case = _case(live)
    found = engine.load(live.token, live.name, case.import_id(live.outputs, live.id))
    assert found is not None
    assert found.id == live.id
    given = {key: value for key, value in live.inputs.items() if not key.startswith("__")}
    kind = handler_classes()[live.token]
    difference = engine.diff(found, engine.check(live.token, live.name, given).inputs)
    # What steers the provider, and what the cloud keeps to itself, no import can know.
    assert set(difference.diffs) <= kind.local | kind.untold | {"targetKeyId", "ingress"}, found
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
    computed = schema.resource(case.token).computed
    assert all(outputs[name] is UNKNOWN for name in computed - {"tagsAll"})
    for name, value in inputs.items():
        if isinstance(value, dict):
            engine.preview(case.token, "case", {**inputs, name: dict.fromkeys(value, UNKNOWN)})
        if isinstance(value, list):
            engine.preview(case.token, "case", {**inputs, name: [UNKNOWN]})


@pytest.mark.parametrize("case", BY_NAME)
def test_an_unknown_property_is_refused_with_a_hint(
    engine: Engine, world: World, case: Case
) -> None:
    failures = engine.check(case.token, "case", {**case.inputs(world), "regon": "x"}).failures
    assert [where for where, _ in failures] == ["regon"]


@pytest.mark.parametrize("case", BY_NAME)
def test_a_missing_required_property_is_refused(engine: Engine, world: World, case: Case) -> None:
    required = {name for name, p in schema.resource(case.token).inputs.items() if p.required}
    inputs = case.inputs(world)
    for name in required:
        rest = {key: value for key, value in inputs.items() if key != name}
        failures = engine.check(case.token, "case", rest).failures
        assert (name, f"missing required property {name!r}") in failures


def test_an_unsupported_token_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="aws:sqs/queue:Queue is not supported"):
        engine.check("aws:sqs/queue:Queue", "q", {})
