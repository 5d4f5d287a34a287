"""Finds the rules: every module below policy/rules that has a `RULE`."""

import importlib
from functools import cache
from pathlib import Path
from typing import Final

from policy.rule import LoadedRule, Rule

PACKAGE: Final = "policy.rules"
DIRECTORY: Final = Path(__file__).resolve().parent / "rules"


class BrokenRule(Exception):
    """A rule's file cannot be used; the message names it."""


@cache
def rules() -> tuple[LoadedRule, ...]:
    """All rules, by id. Raises BrokenRule."""
    return tuple(_load(path) for path in sorted(DIRECTORY.rglob("*.py")) if path.name[0] != "_")


def _load(path: Path) -> LoadedRule:
    place = path.relative_to(DIRECTORY).with_suffix("")
    identifier = place.as_posix()
    try:
        module = importlib.import_module(".".join((PACKAGE, *place.parts)))
    except Exception as error:
        raise BrokenRule(f"rule {identifier} cannot be loaded: {error}") from error
    rule = getattr(module, "RULE", None)
    check = getattr(module, "check", None)
    check_in_stack = getattr(module, "check_in_stack", None)
    if not isinstance(rule, Rule) or (check is None) == (check_in_stack is None):
        raise BrokenRule(
            f"rule {identifier} needs a RULE and one of check and check_in_stack (docs/policy.md)"
        )
    return LoadedRule(id=identifier, rule=rule, check=check, check_in_stack=check_in_stack)
