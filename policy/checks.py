"""The most frequent checks, made from what they are about."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy.resource import Resource
from policy.rule import Check


def present(path: str, what: str) -> Check:
    """Something is declared at `path`; its value may be known later only."""

    def check(resource: Resource) -> Iterator[str]:
        if not resource.has(path):
            yield f"{path} is not set: {what}"

    return check


def equals(path: str, wanted: Any, *more: Any) -> Check:
    """The value at `path` is `wanted`, or one of `more`; none is a violation."""
    allowed = (wanted, *more)

    def check(resource: Resource) -> Iterator[str]:
        value = resource.get(path)
        if value not in allowed:
            options = " or ".join(map(str, allowed))
            yield f"{path} is {'not set' if value is None else value}, not {options}"

    return check


def differs(path: str, *refused: Any) -> Check:
    """The value at `path` is none of `refused`; none at all is good."""

    def check(resource: Resource) -> Iterator[str]:
        value = resource.get(path)
        if value in refused:
            yield f"{path} is {value}"

    return check


def at_least(path: str, minimum: float) -> Check:
    """The number at `path` is `minimum` or more; none is a violation."""

    def check(resource: Resource) -> Iterator[str]:
        value = resource.get(path)
        if value is None or float(value) < minimum:
            yield f"{path} is {'not set' if value is None else value}, below {minimum:g}"

    return check


def by_type(checks: Mapping[str, Check]) -> Check:
    """For each canonical type its own check: providers name the same property differently."""

    def check(resource: Resource) -> Iterator[str]:
        yield from checks[resource.type](resource)

    return check
