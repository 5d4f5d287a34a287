"""The types and properties that rules speak of are those of the providers' own SDKs."""

import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from policy import discovery
from policy.rule import ANY
from policy.tokens import canonical
from tests.policy.build import DOCUMENT
from tests.policy.tables import CASES

PACKAGES = {"aws": "pulumi_aws", "gcp": "pulumi_gcp", "azure-native": "pulumi_azure_native"}

USED = sorted(
    {canonical(kind) for rule in discovery.rules() for kind in rule.rule.types if kind != ANY}
)


@cache
def classes(package: str) -> dict[str, tuple[str, str]]:
    """Every token of an SDK with its module and class, without importing them all."""
    root = importlib.util.find_spec(package)
    assert root is not None
    assert root.origin is not None
    text = Path(root.origin).read_text()
    found: dict[str, tuple[str, str]] = {}
    for module, listed in re.findall(r'"fqn":\s*"([\w.]+)",\s*"classes":\s*\{([^}]*)\}', text):
        for token, name in re.findall(r'"([^"]+)":\s*"(\w+)"', listed):
            found[token] = (module, name)
    return found


def declared(token: str) -> set[str] | None:
    """The inputs of a type as the engine names them; None for a type that does not exist."""
    package = PACKAGES[token.partition(":")[0]]
    place = classes(package).get(token)
    if place is None:
        return None
    module: ModuleType = importlib.import_module(place[0])
    kind: Any = getattr(module, place[1])
    home = importlib.import_module(kind.__module__)
    arguments = getattr(home, f"{place[1]}InitArgs", None) or getattr(home, f"{place[1]}Args")
    return {
        getattr(value.fget, "_pulumi_name", name)
        for name, value in vars(arguments).items()
        if isinstance(value, property)
    }


def own(token: str) -> bool:
    """Whether a type is a cloud's, whose SDK is installed."""
    return token.partition(":")[0] in PACKAGES


@pytest.mark.parametrize("token", [token for token in USED if own(token)])
def test_types_exist(token: str) -> None:
    assert declared(token) is not None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_properties_exist(case: Any) -> None:
    for kind, props, decides in [
        (case.type, case.good, case.on is None),
        *((b.type, b.props, case.on == i) for i, b in enumerate(case.beside)),
    ]:
        names = {name.removeprefix(DOCUMENT) for name in props}
        if decides:
            names.add(case.at.removeprefix(DOCUMENT).partition(".")[0])
        if own(kind) and (allowed := declared(canonical(kind))) is not None:
            assert names <= allowed, kind
