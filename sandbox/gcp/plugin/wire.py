"""Pulumi's properties as Google's JSON and back.

Most properties have the API's own names. ``names`` says the others: by ``Class.property`` for
nested ones, or by the property's name; a dotted value is a path, as in
``{"requesterPays": "billing.requesterPays"}``.
"""

import json
from collections.abc import Mapping
from typing import Any

from plugin import UNKNOWN
from sandbox.plugins.schema import Property, Type

Names = Mapping[str, str]


def to_wire(
    values: Mapping[str, Any], properties: Mapping[str, Property], names: Names, owner: str = ""
) -> dict[str, Any]:
    """Properties as the API takes them; unset and unknown ones are left out."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or value is UNKNOWN or name not in properties:
            continue
        put(result, path_of(name, names, owner), _packed(value, properties[name].type, names))
    return result


def _packed(value: Any, wanted: Type, names: Names) -> Any:
    if wanted.kind == "object" and isinstance(value, Mapping):
        return to_wire(value, wanted.properties, names, wanted.class_name)
    if wanted.kind == "list" and wanted.element is not None and isinstance(value, list):
        known = [item for item in value if item is not None and item is not UNKNOWN]
        return [_packed(item, wanted.element, names) for item in known]
    if wanted.kind == "map" and isinstance(value, Mapping):
        return {key: item for key, item in value.items() if item is not UNKNOWN}
    return value


def from_wire(
    answer: Mapping[str, Any], properties: Mapping[str, Property], names: Names, owner: str = ""
) -> dict[str, Any]:
    """An answer as properties: each of them, ``None`` where the answer has nothing."""
    return {
        name: _loaded(taken(answer, path_of(name, names, owner)), found.type, names)
        for name, found in properties.items()
    }


def _loaded(value: Any, wanted: Type, names: Names) -> Any:
    if value is None:
        return None
    if wanted.kind == "object" and isinstance(value, Mapping):
        found = from_wire(value, wanted.properties, names, wanted.class_name)
        return {key: item for key, item in found.items() if item is not None}
    if wanted.kind == "list" and wanted.element is not None:
        items = value if isinstance(value, list) else [value]
        return [_loaded(item, wanted.element, names) for item in items]
    if wanted.kind == "map" and isinstance(value, Mapping):
        return dict(value)
    return _scalar(value, wanted)


def _scalar(value: Any, wanted: Type) -> Any:
    if wanted.kind == "integer":
        return int(value)
    if wanted.kind == "number":
        return float(value)
    if wanted.kind in ("string", "json") and not isinstance(value, str):
        return json.dumps(value)
    if wanted.kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    return value


def path_of(name: str, names: Names, owner: str = "") -> str:
    """Where the API has a property."""
    return names.get(f"{owner}.{name}") or names.get(name, name)


def put(target: dict[str, Any], path: str, value: Any) -> None:
    """Sets what is at a dotted path."""
    *parents, last = path.split(".")
    for part in parents:
        target = target.setdefault(part, {})
    target[last] = value


def taken(source: Any, path: str) -> Any:
    """What is at a dotted path, ``None`` when there is nothing."""
    for part in path.split("."):
        source = source.get(part) if isinstance(source, Mapping) else None
    return source
