"""All resources of a stack, and which of them belong together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from policy.resource import Resource
from policy.settings import Facts
from policy.values import UNKNOWN, UnknownValue, plain


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Every resource that a program declared."""

    resources: tuple[Resource, ...]
    facts: Facts = field(default_factory=Facts)

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.type, []).append(resource)
        return found

    @cached_property
    def _by_urn(self) -> dict[str, Resource]:
        return {resource.urn: resource for resource in self.resources}

    def of(self, *types: str) -> list[Resource]:
        """The resources of some canonical types."""
        return [resource for kind in types for resource in self._by_type.get(kind, ())]

    def belonging(self, owner: Resource, *types: str, by: str) -> list[Resource]:
        """The resources of some types whose property `by` names `owner`.

        Raises UnknownValue when there seems to be none, but what some name is not known.
        """
        found, unclear = [], []
        for other in self.of(*types):
            verdict = names(other, by, owner)
            if verdict:
                found.append(other)
            elif verdict is None:
                unclear.append(other)
        if not found and unclear:
            raise UnknownValue(f"{by} of {unclear[0].name}")
        return found

    def named(self, resource: Resource, by: str, *types: str) -> list[Resource]:
        """The resources of some types that the property `by` of `resource` names."""
        return [other for other in self.of(*types) if names(resource, by, other)]

    def parent(self, resource: Resource) -> Resource | None:
        """The component that declared a resource."""
        return self._by_urn.get(resource.parent)


def names(resource: Resource, by: str, owner: Resource) -> bool | None:
    """Whether the property `by` of `resource` names `owner`; None when that is not known yet.

    Texts are compared where both are known. Before an update they are not: then what the
    value comes from tells it.
    """
    top = by.partition(".")[0]
    value = plain(resource.inputs.get(top)) if top == by else _at(resource, by)
    if isinstance(value, str) and value:
        if any(_same(value, identity) for identity in owner.identities):
            return True
        if owner.outputs.get("id") not in (None, UNKNOWN):
            return False
        return owner.urn in resource.depends.get(top, frozenset())
    if value is UNKNOWN:
        sources = resource.depends.get(top, frozenset())
        return owner.urn in sources if sources else None
    return False


def _at(resource: Resource, path: str) -> object:
    try:
        return resource.get(path)
    except UnknownValue:
        return UNKNOWN


def _same(value: str, identity: str) -> bool:
    return value == identity or value.endswith((f"/{identity}", f":{identity}"))


def first(resources: Iterable[Resource]) -> Resource | None:
    """The first of some resources; None when there is none."""
    return next(iter(resources), None)
