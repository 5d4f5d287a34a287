"""AWS policy documents, read statement by statement."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from policy.resource import Resource

IDENTITY_POLICIES = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/role:Role",
)
"""What holds permissions: policies, and roles with inline ones."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement. A document that leaves out an element has it empty."""

    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def grants(self, action: str) -> bool:
        """Whether it allows an action, wildcards considered."""
        if not self.allows:
            return False
        if self.not_actions:
            return not any(_matches(pattern, action) for pattern in self.not_actions)
        return any(_matches(pattern, action) for pattern in self.actions)

    @property
    def on_everything(self) -> bool:
        """Whether it is about any resource at all, or any of a service."""
        return any(re.fullmatch(r"\*|arn:[^:]*:[^:]*:\*", name) for name in self.resources)

    @property
    def for_anybody(self) -> bool:
        """Whether anybody is meant, in this account or not."""
        return any("*" in names for names in self.principals.values())

    def asks_for(self, *keys: str) -> bool:
        """Whether a condition is about one of some keys."""
        asked = {key.lower() for test in self.conditions.values() for key in test}
        return any(key.lower() in asked for key in keys)


def statements(document: Any) -> Iterator[Statement]:
    """The statements of a policy document. Raises TypeError for what is none."""
    if document is None:
        return
    if not isinstance(document, Mapping):
        raise TypeError("not a policy document")
    for entry in _listed(document.get("Statement")):
        principal = entry.get("Principal", {})
        named = principal if isinstance(principal, Mapping) else {"AWS": principal}
        yield Statement(
            allows=entry.get("Effect") == "Allow",
            actions=tuple(_listed(entry.get("Action"))),
            not_actions=tuple(_listed(entry.get("NotAction"))),
            resources=tuple(_listed(entry.get("Resource"))),
            principals={kind: tuple(_listed(names)) for kind, names in named.items()},
            conditions=entry.get("Condition", {}),
        )


def permissions(resource: Resource) -> Iterator[Statement]:
    """The statements that allow something in a policy, or in a role's inline policies."""
    if resource.type == "aws:iam/role:Role":
        for block in resource.blocks("inlinePolicies"):
            text = block.get("policy")
            inner = Resource(urn="", token="", name="", inputs={"policy": text})
            yield from statements(inner.document("policy"))
        return
    yield from statements(resource.document("policy"))


def allowing(resource: Resource) -> Iterator[Statement]:
    """As `permissions`, without those that deny."""
    return (statement for statement in permissions(resource) if statement.allows)


def of_resource(resource: Resource, path: str = "policy") -> list[Statement]:
    """The statements of a resource's own policy. Raises UnknownValue."""
    return list(statements(resource.document(path)))


def account_of(arn: str) -> str:
    """The account in an ARN, or the account id itself; empty where there is none."""
    if re.fullmatch(r"\d{12}", arn):
        return arn
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""


def _matches(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
