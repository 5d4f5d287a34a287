"""A resource as a rule sees it: what the program declares, and who it is."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policy.settings import Facts
from policy.tokens import canonical
from policy.values import UNKNOWN, Secret, UnknownValue, known, leaves, plain


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One declared resource.

    token:        its type token as the program uses it.
    inputs:       what is declared, defaults of the provider included.
    outputs:      what the cloud answered; empty before the stack is complete.
    depends:      for each property, the URNs of the resources that its value comes from.
    provider:     the inputs of its provider.
    facts:        what the stack's settings say.
    """

    urn: str
    token: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    depends: Mapping[str, frozenset[str]] = field(default_factory=dict)
    provider: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    facts: Facts = field(default_factory=Facts)

    @cached_property
    def type(self) -> str:
        """The canonical type token."""
        return canonical(self.token)

    @property
    def cloud(self) -> str:
        """The provider's name: `aws`, `gcp`, `azure-native`…"""
        return self.type.partition(":")[0]

    def get(self, path: str, default: Any = None) -> Any:
        """The declared value at `path` (`a.b.0.c`), `default` where there is none or null.

        A step into a list of one block needs no index, since some tokens have a list where
        others have an object. Raises UnknownValue when the value, or part of it, is not known.
        """
        value: Any = self.inputs
        walked: list[str] = []
        for step in path.split("."):
            value = value.value if isinstance(value, Secret) else value
            if value is UNKNOWN:
                raise UnknownValue(".".join(walked))
            if isinstance(value, list) and not step.isdigit():
                value = value[0] if len(value) == 1 else None
            if value is UNKNOWN:
                raise UnknownValue(".".join(walked))
            if isinstance(value, list):
                value = value[int(step)] if int(step) < len(value) else None
            elif isinstance(value, Mapping):
                value = value.get(step)
            else:
                return default
            walked.append(step)
        found = known(value, path)
        return default if found is None else found

    def has(self, path: str) -> bool:
        """Whether anything is declared at `path`, known or not; an empty text is nothing."""
        try:
            return self.get(path) not in (None, "", [], {})
        except UnknownValue:
            return True

    def blocks(self, path: str) -> list[dict[str, Any]]:
        """The objects at `path`: none, one, or a list of them. Parts may be unknown."""
        *before, last = path.split(".")
        holders = self.blocks(".".join(before)) if before else [dict(self.inputs)]
        found: list[dict[str, Any]] = []
        for holder in holders:
            value = plain(holder.get(last))
            if value is UNKNOWN:
                raise UnknownValue(path)
            items = value if isinstance(value, list) else [value]
            if any(item is UNKNOWN for item in items):
                raise UnknownValue(path)
            found += [item for item in items if isinstance(item, dict)]
        return found

    def document(self, path: str) -> Any:
        """The JSON text at `path`, read; None where there is none.

        Raises UnknownValue, and ValueError for text that is no JSON.
        """
        value = self.get(path)
        return json.loads(value) if isinstance(value, str) and value else value or None

    def leaves(self) -> Iterator[tuple[str, Any]]:
        """Every declared value with its path; secrets and unknown ones marked."""
        return leaves(dict(self.inputs))

    @property
    def tags(self) -> dict[str, Any]:
        """Its tags or labels. Raises UnknownValue."""
        for path in ("tags", "tagsAll", "labels", "userLabels"):
            if found := self.get(path):
                return dict(found)
        return {}

    @cached_property
    def identities(self) -> frozenset[str]:
        """The texts by which other resources may name it: id, name, arn, self link."""
        names = ("id", "bucket", "name", "arn", "selfLink", "keyId", "url", "workspaceName")
        values = (plain(self.outputs.get(name, self.inputs.get(name))) for name in names)
        return frozenset(value for value in values if isinstance(value, str) and value)
