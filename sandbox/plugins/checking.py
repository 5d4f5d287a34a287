"""Inputs against the SDK's types: names, required properties, types; with gentle conversions."""

import difflib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from plugin import UNKNOWN, CheckFailure, contains_unknown
from plugin.values import SIGNATURE_KEY
from sandbox.plugins.schema import Property, Type

_EXPECTED: Final[Mapping[str, str]] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "json": "text or an object",
    "asset": "a pulumi asset",
    "list": "a list",
    "map": "a map",
    "object": "an object",
}

Report = Callable[[str, str], None]


class UnmappedPropertyError(ValueError):
    """A property that the API has no place for."""

    def __init__(self, path: str) -> None:
        super().__init__(f"property {path!r} is not supported by the sandbox")
        self.path = path


def conform(
    values: Mapping[str, Any], properties: Mapping[str, Property]
) -> tuple[dict[str, Any], list[CheckFailure]]:
    """The values as the types want them (``"5"`` for text, ``5`` for a number), and what is wrong.

    ``None`` counts as not given. Unknown values are accepted anywhere.
    """
    failures: list[CheckFailure] = []

    def report(path: str, reason: str) -> None:
        failures.append(CheckFailure(property=path, reason=reason))

    return _object(values, properties, "", report), failures


def _object(
    values: Mapping[str, Any], properties: Mapping[str, Property], path: str, report: Report
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or name.startswith("__"):
            continue
        where = f"{path}.{name}" if path else name
        if name not in properties:
            report(where, _no_such(name, properties))
            continue
        result[name] = _value(value, properties[name].type, where, report)
    for name, found in properties.items():
        if found.required and name not in result:
            where = f"{path}.{name}" if path else name
            report(where, f"missing required property {name!r}")
    return result


def _no_such(name: str, properties: Mapping[str, Property]) -> str:
    near = difflib.get_close_matches(name, properties, n=1)
    return f"no such property {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _value(value: Any, wanted: Type, path: str, report: Report) -> Any:
    if value is UNKNOWN:
        return value
    convert = _CONVERSIONS.get(wanted.kind)
    if convert is not None:
        converted = convert(value)
        if converted is None:
            report(path, f"expected {_EXPECTED[wanted.kind]}, got {_shown(value)}")
            return value
        if wanted.allowed and str(converted).lower() not in {x.lower() for x in wanted.allowed}:
            listed = ", ".join(sorted(wanted.allowed))
            report(path, f"{_shown(value)} is not allowed; allowed: {listed}")
        return converted
    return _collection(value, wanted, path, report)


def _collection(value: Any, wanted: Type, path: str, report: Report) -> Any:
    if wanted.kind == "list" and isinstance(value, list) and wanted.element:
        return [
            _value(item, wanted.element, f"{path}[{index}]", report)
            for index, item in enumerate(value)
        ]
    if wanted.kind == "map" and isinstance(value, Mapping) and wanted.element:
        return {
            key: _value(item, wanted.element, f'{path}["{key}"]', report)
            for key, item in value.items()
            if item is not None
        }
    if wanted.kind == "object" and isinstance(value, Mapping):
        chosen = wanted.chosen(value)
        if chosen is None:
            return _undecided(value, wanted, path, report)
        return _object(value, chosen.properties, path, report)
    report(path, f"expected {_EXPECTED[wanted.kind]}, got {_shown(value)}")
    return value


def _undecided(value: Any, wanted: Type, path: str, report: Report) -> Any:
    """An object of one of several types that does not say which."""
    names = sorted({name for choice in wanted.choices for name in choice.constants})
    if any(value.get(name) is UNKNOWN for name in names):
        return value
    for name in names:
        listed = ", ".join(sorted(choice.constants.get(name, "") for choice in wanted.choices))
        reason = f"{_shown(value.get(name))} is not allowed; allowed: {listed}"
        report(f"{path}.{name}", reason)
    return value


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return None


def _json(value: Any) -> Any:
    if isinstance(value, Mapping | list) and not contains_unknown(value):
        return json.dumps(value)
    if isinstance(value, Mapping | list):
        return UNKNOWN
    return _text(value)


def _integer(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and float(number).is_integer() else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value) if not value.lstrip("-").isdigit() else int(value)
        except ValueError:
            return None
    return None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def _asset(value: Any) -> Any:
    return value if isinstance(value, Mapping) and SIGNATURE_KEY in value else None


_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _text,
    "json": _json,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "asset": _asset,
}


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
