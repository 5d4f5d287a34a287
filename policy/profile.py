"""Which rules a stack is held to: the published profile, and what its settings add or leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from policy.rule import LoadedRule
from policy.settings import PolicySettings

DIRECTORY: Final = Path(__file__).resolve().parent / "profiles"


class BadSettings(Exception):
    """The settings ask for what there is not; the message says what and where."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The rules in force, and why the others are not."""

    enabled: tuple[LoadedRule, ...]
    left_out: Mapping[str, str]


@cache
def opt_in(profile: str) -> Mapping[str, str]:
    """Ids of a profile's opt-in rules, each with the reason; all others are mandatory."""
    content = yaml.safe_load((DIRECTORY / f"{profile}.yaml").read_text())
    return {str(rule): str(why).strip() for rule, why in (content["opt_in"] or {}).items()}


def select(rules: Sequence[LoadedRule], settings: PolicySettings, *, where: str) -> Selection:
    """The rules that `settings` ask for. Raises BadSettings, naming `where` they stand."""
    known = {rule.id for rule in rules}
    optional = opt_in(settings.profile)
    for what, ids in {
        f"{where}.enable": settings.enable,
        f"{where}.exemptions": [exemption.rule for exemption in settings.exemptions],
        f"policy/profiles/{settings.profile}.yaml": list(optional),
    }.items():
        if unknown := sorted(set(ids) - known):
            raise BadSettings(
                f"{what} names rules that do not exist: {', '.join(unknown)}; "
                "docs/policy-rules.md lists all"
            )
    left_out: dict[str, str] = {}
    for rule in rules:
        if rule.rule.frameworks.isdisjoint(settings.frameworks):
            left_out[rule.id] = f"serves none of {', '.join(settings.frameworks)}"
        elif rule.id in optional and rule.id not in settings.enable:
            left_out[rule.id] = optional[rule.id]
    enabled = tuple(rule for rule in rules if rule.id not in left_out)
    return Selection(enabled=enabled, left_out=left_out)
