"""Value rules of the cloud that the real provider checks before anything is created."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from plugin import UNKNOWN, CheckFailure, contains_unknown

Rule = Callable[[Mapping[str, Any]], Iterator[CheckFailure]]


def values_at(inputs: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Known values at a path such as ``productionVariants[].instanceType``, each with its path."""
    head, _, rest = path.partition(".")
    name, many = head.removesuffix("[]"), head.endswith("[]")
    value = inputs.get(name) if isinstance(inputs, Mapping) else None
    if value is None or value is UNKNOWN:
        return
    found = [(f"{name}[{i}]", item) for i, item in enumerate(value)] if many else [(name, value)]
    for where, item in found:
        if not rest:
            if item is not UNKNOWN:
                yield where, item
            continue
        for inner, deep in values_at(item, rest):
            yield f"{where}.{inner}", deep


def each(path: str, fault: Callable[[Any], str | None]) -> Rule:
    """A rule for each value at a path: ``fault`` says what is wrong with one, or nothing."""

    def rule(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
        for where, value in values_at(inputs, path):
            if contains_unknown(value):
                continue
            reason = fault(value)
            if reason:
                yield CheckFailure(property=where, reason=reason)

    return rule


def one_of(path: str, allowed: Collection[Any], what: str = "") -> Rule:
    """The value must be one of a few."""
    listed = ", ".join(str(item) for item in sorted(allowed, key=str))
    shown = what or (listed if len(listed) < 400 else f"{listed[:400]}...")

    def fault(value: Any) -> str | None:
        return None if value in allowed else f"{value!r} is not allowed; allowed: {shown}"

    return each(path, fault)


def between(path: str, low: float, high: float) -> Rule:
    """The number must lie in a range, both ends included."""

    def fault(value: Any) -> str | None:
        if not isinstance(value, int | float) or low <= value <= high:
            return None
        return f"{value} is not between {low} and {high}"

    return each(path, fault)


def matches(path: str, pattern: str, what: str) -> Rule:
    """The text must match a pattern completely; ``what`` says it in words."""
    compiled = re.compile(pattern, re.DOTALL)

    def fault(value: Any) -> str | None:
        return None if compiled.fullmatch(str(value)) else f"{value!r} is not valid: {what}"

    return each(path, fault)


def longest(path: str, characters: int) -> Rule:
    """The text must not be longer."""

    def fault(value: Any) -> str | None:
        if len(str(value)) <= characters:
            return None
        return f"longer than {characters} characters ({len(str(value))})"

    return each(path, fault)


def json_text(path: str) -> Rule:
    """The text must be a JSON object."""

    def fault(value: Any) -> str | None:
        try:
            loaded = json.loads(value)
        except ValueError as error:
            return f"contains invalid JSON: {error}"
        return None if isinstance(loaded, dict) else "contains JSON that is not an object"

    return each(path, fault)


def exactly_one(*names: str) -> Rule:
    """Exactly one of the properties must be given."""

    def rule(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
        given = [name for name in names if inputs.get(name) is not None]
        if len(given) != 1:
            listed = ", ".join(names)
            reason = f"exactly one of {listed} is needed; given: {', '.join(given) or 'none'}"
            yield CheckFailure(property=given[-1] if given else names[0], reason=reason)

    return rule


def conflicting(first: str, *others: str) -> Rule:
    """The first property excludes the others."""

    def rule(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
        for other in others:
            if inputs.get(first) is not None and inputs.get(other) is not None:
                yield CheckFailure(property=first, reason=f"conflicts with {other}")

    return rule
