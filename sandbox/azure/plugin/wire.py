"""Pulumi's properties as Resource Manager's JSON and back.

azure-native lifts what Azure has under ``properties`` to the top, and inside some lists as well.
Most names are Azure's own; ``renames`` says the others by path, as in
``{"networkRuleSet.ipRules[].iPAddressOrRange": "value"}``.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from plugin import UNKNOWN

TOP: Final = frozenset(
    {
        "eTag",
        "etag",
        "extendedLocation",
        "id",
        "identity",
        "kind",
        "location",
        "managedBy",
        "name",
        "plan",
        "sku",
        "systemData",
        "tags",
        "type",
        "zones",
    }
)
"""What Azure has beside ``properties``."""
_BESIDE: Final = frozenset({"etag", "id", "name", "type"})
IDENTITIES: Final = "userAssignedIdentities"

Renames = Mapping[str, str]


def to_wire(
    values: Mapping[str, Any],
    *,
    renames: Renames,
    nested: Collection[str],
    inner: Collection[str] = (),
) -> dict[str, Any]:
    """Inputs as a body.

    Args:
        nested: paths of lists whose items have ``properties`` of their own.
        inner: names that Azure usually has at the top, and has under ``properties`` here.
    """
    body: dict[str, Any] = {}
    whole = "properties" in values
    for name, value in values.items():
        if value is None or value is UNKNOWN:
            continue
        packed = _packed(value, name, renames, nested)
        wire_name = renames.get(name, name)
        if whole or (name in TOP and name not in inner):
            body[wire_name] = packed
        else:
            body.setdefault("properties", {})[wire_name] = packed
    return body


def _packed(value: Any, path: str, renames: Renames, nested: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            renames.get(f"{path}.{name}", name): _packed(item, f"{path}.{name}", renames, nested)
            for name, item in value.items()
            if item is not None and item is not UNKNOWN
        }
    if not isinstance(value, list):
        return value
    if path.rpartition(".")[2] == IDENTITIES:
        return {str(item): {} for item in value}
    items = [_packed(item, f"{path}[]", renames, nested) for item in value]
    if path not in nested:
        return items
    return [
        {
            **{name: item for name, item in one.items() if name in _BESIDE},
            "properties": {name: item for name, item in one.items() if name not in _BESIDE},
        }
        for one in items
    ]


def from_wire(
    body: Mapping[str, Any], *, renames: Renames, nested: Collection[str], whole: bool
) -> dict[str, Any]:
    """An answer as properties.

    Args:
        whole: whether the token has ``properties`` as they are.
    """
    back = {}
    for path, wire_name in renames.items():
        parent = path.rpartition(".")[0]
        back[f"{parent}.{wire_name}" if parent else wire_name] = path.rpartition(".")[2]
    given = dict(body)
    lifted = {} if whole else given.pop("properties", None) or {}
    # What Azure says at the top comes last: `type` is the resource's there.
    return dict(_unpacked({**lifted, **given}, "", back, nested))


def _unpacked(value: Any, path: str, back: Mapping[str, str], nested: Collection[str]) -> Any:
    if isinstance(value, Mapping):
        found = {}
        for wire_name, item in value.items():
            name = back.get(f"{path}.{wire_name}" if path else wire_name, wire_name)
            found[name] = _unpacked(item, f"{path}.{name}" if path else name, back, nested)
        return found
    if isinstance(value, list):
        if path in nested:
            value = [{**(one.get("properties") or {}), **_without(one)} for one in value]
        return [_unpacked(item, f"{path}[]", back, nested) for item in value]
    return value


def _without(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "properties"}


def as_inputs(declared: Any, found: Any) -> Any:
    """What was found, with identities as the list that a program declares and not as a map."""
    if isinstance(found, Mapping):
        result = {}
        for name, item in found.items():
            said = declared.get(name) if isinstance(declared, Mapping) else None
            if name == IDENTITIES and isinstance(item, Mapping):
                result[name] = _as_declared(said, item)
            else:
                result[name] = as_inputs(said, item)
        return result
    return found


def _as_declared(declared: Any, found: Mapping[str, Any]) -> list[str]:
    """The ids in the order and case of the program, as far as it says them."""
    said = [item for item in declared or [] if isinstance(item, str)]
    keys = {key.lower(): key for key in found}
    kept = [item for item in said if item.lower() in keys]
    rest = {key.lower() for key in found} - {item.lower() for item in kept}
    return kept + sorted(keys[name] for name in rest)
