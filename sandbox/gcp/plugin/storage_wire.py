"""What is particular to Cloud Storage's JSON: lifecycle rules, and patches that merge."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.gcp.plugin.wire import from_wire
from sandbox.plugins.comparing import is_empty
from sandbox.plugins.schema import Property

_NAMES: Final[Mapping[str, str]] = {
    "matchesPrefixes": "matchesPrefix",
    "matchesStorageClasses": "matchesStorageClass",
    "matchesSuffixes": "matchesSuffix",
}
# A zero is sent only when the program insists on it; nothing and zero are the same to Pulumi.
_ZEROES: Final[Mapping[str, str]] = {
    "age": "sendAgeIfZero",
    "daysSinceCustomTime": "sendDaysSinceCustomTimeIfZero",
    "daysSinceNoncurrentTime": "sendDaysSinceNoncurrentTimeIfZero",
    "numNewerVersions": "sendNumNewerVersionsIfZero",
}
_STATES: Final[Mapping[str, bool | None]] = {"LIVE": True, "ARCHIVED": False, "ANY": None}


def rules_to_wire(rules: list[Any]) -> list[dict[str, Any]]:
    """``lifecycleRules`` as the API's ``lifecycle.rule``."""
    return [
        {"action": dict(rule["action"]), "condition": _condition(rule["condition"])}
        for rule in rules
        if isinstance(rule, Mapping)
    ]


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in condition.items():
        if is_empty(value) or name in _ZEROES.values() or name == "withState":
            continue
        if name in _ZEROES and value == 0 and not condition.get(_ZEROES[name]):
            continue
        result[_NAMES.get(name, name)] = value
    for name, flag in _ZEROES.items():
        if condition.get(flag):
            result.setdefault(name, 0)
    live = _STATES.get(str(condition.get("withState")))
    if live is not None:
        result["isLive"] = live
    return result


def rules_from_wire(
    answer: Mapping[str, Any], declared_type: Property, known: Any
) -> list[Any] | None:
    """The API's rules as ``lifecycleRules``; the flags for zeroes are those of ``known``."""
    element = declared_type.type.element
    rules = (answer.get("lifecycle") or {}).get("rule") or []
    if element is None or not rules:
        return None
    result = []
    for index, rule in enumerate(rules):
        found = from_wire(rule, element.properties, _NAMES)
        condition = {key: item for key, item in found["condition"].items() if item is not None}
        if "isLive" in rule["condition"]:
            condition["withState"] = "LIVE" if rule["condition"]["isLive"] else "ARCHIVED"
        before = known[index] if isinstance(known, list) and index < len(known) else {}
        said = (before.get("condition") or {}) if isinstance(before, Mapping) else {}
        condition |= {flag: said[flag] for flag in _ZEROES.values() if flag in said}
        if said.get("withState") == "ANY":
            condition.setdefault("withState", "ANY")
        result.append({"action": found["action"], "condition": condition})
    return result


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What turns ``old`` into ``new`` when it is merged: ``None`` where something goes."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if value == before:
            continue
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            patch[name] = merge_patch(before, value)
        else:
            patch[name] = value
    return patch
