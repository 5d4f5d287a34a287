"""What stands at a path such as ``properties.containers[].name`` of a record."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any


def values(record: Any, path: str) -> Iterator[Any]:
    """Everything at a path that is given and not null."""
    head, _, rest = path.partition(".")
    name, many = head.removesuffix("[]"), head.endswith("[]")
    value = record.get(name) if isinstance(record, Mapping) else None
    if value is None:
        return
    for item in value if many and isinstance(value, list) else [value]:
        if rest:
            yield from values(item, rest)
        else:
            yield item


def value(record: Any, path: str) -> Any:
    """The first thing at a path, ``None`` when there is none."""
    return next(values(record, path), None)


def put(record: dict[str, Any], path: str, item: Any) -> None:
    """Set what is at a path without ``[]``; what surrounds it is made."""
    *parents, last = path.split(".")
    for part in parents:
        inner = record.get(part)
        if not isinstance(inner, dict):
            inner = record[part] = {}
        record = inner
    record[last] = item


def without(record: Any, path: str) -> Any:
    """A copy without what is at a path."""
    kept = copy.deepcopy(record)
    parent, _, last = path.rpartition(".")
    for holder in values(kept, parent) if parent else [kept]:
        if isinstance(holder, dict):
            holder.pop(last, None)
    return kept


def merged(old: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396) applied to a copy."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(copy.deepcopy(old)) if isinstance(old, Mapping) else {}
    for name, item in patch.items():
        if item is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), item)
    return result
