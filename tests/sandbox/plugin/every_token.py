"""What holds for every token of every imitated provider, whatever its cloud."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar, Protocol

import grpc
import pytest

from plugin import UNKNOWN
from sandbox.plugins.resource import ImitatedResource
from sandbox.plugins.schema import ResourceSchema
from tests.sandbox.plugin.stub import Engine, Live


class Case(Protocol):
    """How to exercise one token."""

    @property
    def token(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def inputs(self) -> Callable[[Any], Mapping[str, Any]]: ...

    @property
    def stays(self) -> bool:
        """Whether the cloud keeps the thing when the resource is deleted."""


def by_name(cases: Iterable[Case]) -> list[Any]:
    """The cases as parameters, told apart by their names."""
    return [pytest.param(case, id=case.name) for case in cases]


class EveryToken:
    """The tests; a provider's own class says which tokens, by which SDK, with which cases."""

    tokens: ClassVar[Mapping[str, type[ImitatedResource[Any]]]]
    by_name: ClassVar[list[Any]]
    """Of cases, see :func:`by_name`."""
    settled: ClassVar[Collection[str]] = ()
    """Outputs that a preview of unknown inputs knows all the same."""
    misspelt: ClassVar[str]
    """An input that no token has, and that is close to one."""
    unsupported: ClassVar[str]
    """A token of the SDK that the provider does not have."""

    @staticmethod
    def schema(token: str) -> ResourceSchema:
        """What the SDK says of a token."""
        raise NotImplementedError

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "live" in metafunc.fixturenames:
            metafunc.parametrize("live", self.by_name, indirect=True)
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", self.by_name)
        if "token" in metafunc.fixturenames:
            metafunc.parametrize("token", sorted(self.tokens))

    def test_a_property_of_the_sdk_in_no_list_is_refused_by_name(
        self, engine: Engine, token: str
    ) -> None:
        kind = self.tokens[token]
        for name in set(self.schema(token).inputs) - kind.immutable - kind.mutable:
            failures = engine.check(token, "case", {name: UNKNOWN}).failures
            assert any(where == name and "not supported" in reason for where, reason in failures)

    def test_a_second_update_changes_nothing(
        self, engine: Engine, live: tuple[Live, Case, dict[str, Any]]
    ) -> None:
        created, case, inputs = live
        again = engine.check(case.token, created.name, inputs, created.inputs)
        assert again.failures == []
        assert again.inputs == created.inputs
        assert not engine.diff(created, again.inputs).changed

    def test_a_deleted_resource_is_gone_and_deleting_again_is_no_error(
        self, engine: Engine, world: Any, case: Case
    ) -> None:
        created = engine.create(case.token, "case", case.inputs(world))
        engine.delete(created)
        engine.delete(created)
        if not case.stays:
            assert engine.read(created) is None

    def test_a_preview_tolerates_unknown_values_everywhere(
        self, engine: Engine, world: Any, case: Case
    ) -> None:
        inputs = case.inputs(world)
        outputs = engine.preview(case.token, "case", dict.fromkeys(inputs, UNKNOWN))
        computed = self.schema(case.token).computed
        assert all(outputs[name] is UNKNOWN for name in computed - set(self.settled))
        for name, value in inputs.items():
            if isinstance(value, dict):
                engine.preview(case.token, "case", {**inputs, name: dict.fromkeys(value, UNKNOWN)})
            if isinstance(value, list):
                engine.preview(case.token, "case", {**inputs, name: [UNKNOWN]})

    def test_an_unknown_property_is_refused_with_a_hint(
        self, engine: Engine, world: Any, case: Case
    ) -> None:
        inputs = {**case.inputs(world), self.misspelt: "x"}
        failures = engine.check(case.token, "case", inputs).failures
        assert [where for where, _ in failures] == [self.misspelt]

    def test_a_missing_required_property_is_refused(
        self, engine: Engine, world: Any, case: Case
    ) -> None:
        schema = self.schema(case.token)
        required = {name for name, p in schema.inputs.items() if p.required}
        inputs = case.inputs(world)
        for name in required:
            rest = {key: value for key, value in inputs.items() if key != name}
            failures = engine.check(case.token, "case", rest).failures
            assert (name, f"missing required property {name!r}") in failures

    def test_an_unsupported_token_is_refused_by_name(self, engine: Engine) -> None:
        with pytest.raises(grpc.RpcError, match=f"{self.unsupported} is not supported"):
            engine.check(self.unsupported, "x", {})
