"""Equality as the cloud sees it: JSON by meaning, sets without order, nothing equal to empty."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from plugin import UNKNOWN, contains_unknown
from sandbox.plugins.schema import Property, Type


def is_empty(value: Any) -> bool:
    """Whether a value says as little as its absence."""
    return value is None or (isinstance(value, str | list | Mapping) and len(value) == 0)


def pruned(value: Any, silent: Collection[bool] = ()) -> Any:
    """A value without the parts that say nothing: ``None``, empty lists, maps and texts.

    With ``silent`` ``{False}`` a switch that is off says nothing either: the cloud's APIs do not
    tell it from one that is not given. List elements stay, for their places matter.
    """
    if isinstance(value, Mapping):
        kept = {key: pruned(item, silent) for key, item in value.items()}
        return {
            key: item
            for key, item in kept.items()
            if not is_empty(item) and not (isinstance(item, bool) and item in silent)
        }
    if isinstance(value, list):
        return [pruned(item, silent) for item in value]
    return value


def with_default(value: Any, path: str, default: Any) -> Any:
    """A value with a default at a path, wherever what surrounds it is given."""
    head, _, rest = path.partition(".")
    name, many = head.removesuffix("[]"), head.endswith("[]")
    if not isinstance(value, Mapping):
        return value
    if not rest:
        return dict(value) if value.get(name) is not None else {**value, name: default}
    inner = value.get(name)
    if many and isinstance(inner, list):
        return {**value, name: [with_default(item, rest, default) for item in inner]}
    return {**value, name: with_default(inner, rest, default)} if inner is not None else value


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON texts mean the same.

    In IAM policies an action, resource or principal may be a text or a list, in any order.
    """
    if contains_unknown([one, other]):
        return False
    try:
        return bool(_canonical(json.loads(one)) == _canonical(json.loads(other)))
    except (TypeError, ValueError):
        return bool(one == other)


_SETS = {"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated"}


def _canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _canonical(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [_canonical(item) for item in value]
        if key in _SETS and all(isinstance(item, str) for item in items):
            return items[0] if len(items) == 1 else sorted(items)
        if key == "Statement" and len(items) == 1:
            return items[0]
        return items
    return value


def same_set(one: Any, other: Any) -> bool:
    """Whether two lists hold the same things in whatever order."""
    if not isinstance(one, list) or not isinstance(other, list) or len(one) != len(other):
        return False
    if contains_unknown([one, other]):
        return False
    return _sorted(one) == _sorted(other)


def _sorted(items: list[Any]) -> list[str]:
    return sorted(json.dumps(pruned(item), sort_keys=True, default=str) for item in items)


def reconciled(declared: Any, found: Any, wanted: Type | None = None) -> Any:
    """What the cloud has, said in the words of the declaration.

    Where both mean the same the declaration is kept as it is. Nested properties that only the
    cloud has (its defaults) are left out; those it does not tell are kept. A map is compared whole.
    """
    if declared is UNKNOWN or (is_empty(declared) and is_empty(found)):
        return declared
    if isinstance(declared, Mapping) and isinstance(found, Mapping):
        if wanted is not None and wanted.kind == "map":
            return declared if pruned(declared) == pruned(found) else found
        properties = wanted.properties if wanted is not None else {}
        return {
            key: reconciled(item, found[key], _type_in(properties, key)) if key in found else item
            for key, item in declared.items()
        }
    if isinstance(declared, list) and isinstance(found, list):
        return _reconciled_list(declared, found, wanted.element if wanted is not None else None)
    if isinstance(declared, str) and isinstance(found, str) and declared.lstrip()[:1] in ("{", "["):
        return declared if same_json(declared, found) else found
    return declared if declared == found else found


def _type_in(properties: Mapping[str, Property], key: str) -> Type | None:
    return properties[key].type if key in properties else None


def _reconciled_list(declared: list[Any], found: list[Any], element: Type | None) -> list[Any]:
    if len(declared) != len(found):
        return found
    if same_set(declared, found):
        return declared
    left, kept = list(found), []
    for item in declared:
        # The cloud may answer a set in another order: look for the one that says the same.
        match = next((one for one in left if reconciled(item, one, element) == item), None)
        kept.append(match is not None)
        if match is not None:
            left.remove(match)
    return [
        item if same else reconciled(item, left.pop(0), element)
        for item, same in zip(declared, kept, strict=True)
    ]


def overlaid(found: Any, declared: Any) -> Any:
    """All that the cloud has, with ``declared``, the :func:`reconciled` value, laid over it."""
    if isinstance(found, Mapping) and isinstance(declared, Mapping):
        laid = {key: overlaid(found.get(key), item) for key, item in declared.items()}
        return {**found, **laid}
    return declared
