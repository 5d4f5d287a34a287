"""The life of every token: what holds for all of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.aws.plugin import schema
from sandbox.aws.plugin.registry import handler_classes
from sandbox.plugins.schema import ResourceSchema
from tests.sandbox.plugin.cases import CASES, Case
from tests.sandbox.plugin.every_token import EveryToken, by_name
from tests.sandbox.plugin.stub import Engine, Live
from tests.sandbox.plugin.world import World

BY_NAME = by_name(CASES)
Made = tuple[Live, Case, dict[str, Any]]


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


def _lasting(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs but for those that go on by themselves: a job that fails, whoever looks at it."""
    return {key: value for key, value in outputs.items() if key not in ("status", "failureReason")}


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_refresh_shows_no_change(engine: Engine, live: Made) -> None:
    created, _, _ = live
    found = engine.read(created)
    assert found is not None
    assert found.id == created.id
    assert found.inputs == created.inputs
    assert _lasting(found.outputs) == _lasting(created.outputs)


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_all_outputs_are_the_sdks(engine: Engine, live: Made) -> None:
    created, case, _ = live
    known = set(schema.resource(case.token).outputs)
    assert {name for name in created.outputs if not name.startswith("__")} <= known
    if "tagsAll" in known:
        assert created.outputs["tagsAll"] == created.inputs.get("tags", {})


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
    assert _lasting(found.outputs) == _lasting(updated.outputs)
    for name, value in change.items():
        if name in updated.outputs and not isinstance(value, dict | list):
            assert updated.outputs[name] == value
    assert not engine.diff(updated, checked.inputs).changed


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_a_change_of_an_immutable_property_replaces(
    engine: Engine, world: World, live: Made
) -> None:
    created, case, inputs = live
    assert case.replace is not None
    change = case.replace(world)
    wanted = {**inputs, **change}
    checked = engine.check(case.token, created.name, wanted, created.inputs)
    difference = engine.diff(created, checked.inputs)
    roots = {path.split(".")[0].split("[")[0] for path in difference.replaces}
    assert roots, difference
    assert roots <= set(change)
    name = handler_classes()[case.token].auto_name
    named = name is not None and name.property in wanted
    assert difference.delete_before_replace == named


@pytest.mark.parametrize("live", BY_NAME, indirect=True)
def test_an_import_by_id_declares_what_the_program_does(
    engine: Engine, world: World, live: Made
) -> None:
    created, case, _ = live
    found = engine.load(case.token, created.name, case.import_id(created.outputs, created.id))
    assert found is not None
    assert found.id == created.id
    given = {key: value for key, value in created.inputs.items() if not key.startswith("__")}
    kind = handler_classes()[case.token]
    difference = engine.diff(found, engine.check(case.token, created.name, given).inputs)
    # What steers the provider, and what the cloud keeps to itself, no import can know.
    assert set(difference.diffs) <= kind.local | kind.untold | {"targetKeyId", "ingress"}, found
    assert difference.replaces == []


class TestEveryToken(EveryToken):
    """What every provider has to keep."""

    tokens = handler_classes()
    by_name = BY_NAME
    settled = frozenset({"tagsAll"})
    misspelt = "regon"
    unsupported = "aws:sqs/queue:Queue"

    @staticmethod
    def schema(token: str) -> ResourceSchema:
        return schema.resource(token)
