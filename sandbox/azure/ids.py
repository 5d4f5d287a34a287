"""Resource ids: ``/subscriptions/S/resourceGroups/G/providers/NAMESPACE/TYPE/NAME[/TYPE/NAME…]``.

Azure compares them without regard to case; what was written first is what is told back.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.azure.errors import ApiError, bad_request

GROUPS = "Microsoft.Resources/resourceGroups"
SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class ResourceId:
    """The id of a resource, a resource group or a subscription.

    Attributes:
        scope: what the resource is in or, for an extension, what it is about; ``None`` for a
            subscription.
        type: with its namespace, e.g. ``Microsoft.Storage/storageAccounts/blobServices``.
        names: one for each part of the type after the namespace.
    """

    scope: "ResourceId | None"
    type: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        if self.type == SUBSCRIPTIONS:
            return f"/subscriptions/{self.name}"
        if self.type == GROUPS:
            return f"{self.scope}/resourceGroups/{self.name}"
        namespace, *types = self.type.split("/")
        pairs = "".join(f"/{t}/{n}" for t, n in zip(types, self.names, strict=True))
        return f"{self.scope or ''}/providers/{namespace}{pairs}"

    @property
    def key(self) -> str:
        """The id as the store has it: in lower case."""
        return str(self).lower()

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def namespace(self) -> str:
        return self.type.split("/", maxsplit=1)[0]

    @property
    def subscription(self) -> str:
        """The subscription's id; empty for what is in none."""
        if self.type == SUBSCRIPTIONS:
            return self.name
        return self.scope.subscription if self.scope is not None else ""

    @property
    def group(self) -> str:
        """The resource group's name; empty for what is in none."""
        if self.type == GROUPS:
            return self.name
        return self.scope.group if self.scope is not None else ""

    @property
    def parent(self) -> "ResourceId | None":
        """The resource one level up; for a top-level one its scope."""
        if len(self.names) == 1:
            return self.scope
        return ResourceId(self.scope, self.type.rpartition("/")[0], self.names[:-1])

    def child(self, kind: str, name: str) -> "ResourceId":
        """A resource below this one, e.g. ``child("jobs", "train-1")`` of a workspace."""
        return ResourceId(self.scope, f"{self.type}/{kind}", (*self.names, name))


@dataclass(frozen=True)
class Target:
    """What a path is about.

    Attributes:
        resource: the resource, or what a collection or an action belongs to.
        collection: type of what is listed; ``None`` for a resource itself.
        last: the last segment of a path that names no resource: a collection or an action.
    """

    resource: ResourceId | None
    collection: str | None = None
    last: str = ""


def parse(text: str) -> ResourceId:
    """The id in a text such as a property.

    Raises:
        ApiError: it is no id of a resource, group or subscription.
    """
    target = parse_path(text.rstrip("/"))
    if target is None or target.resource is None or target.collection is not None:
        raise bad_request(
            f"The resource identifier '{text}' is not valid.", "LinkedInvalidProperty"
        )
    return target.resource


def parse_path(path: str) -> Target | None:
    """What a request's path is about; ``None`` when it is none of Resource Manager's."""
    segments = [unquote(segment) for segment in path.strip("/").split("/")]
    lowered = [segment.lower() for segment in segments]
    # A name may be ``providers``, but never where a namespace with its dot follows.
    marks = [
        index
        for index, segment in enumerate(lowered[:-1])
        if segment == "providers" and "." in lowered[index + 1]
    ]
    if not marks:
        return _parse_scope(segments)
    scope: ResourceId | None = None
    if marks[0] > 0:
        outer = _parse_scope(segments[: marks[0]])
        if outer is None or outer.collection is not None:
            return None
        scope = outer.resource
    for start, end in zip(marks, [*marks[1:], len(segments)], strict=True):
        namespace, pairs = segments[start + 1], segments[start + 2 : end]
        types, names = pairs[0::2], tuple(pairs[1::2])
        if len(types) == len(names) and types:
            scope = ResourceId(scope, "/".join((namespace, *types)), names)
            continue
        if end != len(segments) or not types:
            return None
        owner = scope
        if names:
            owner = ResourceId(scope, "/".join((namespace, *types[:-1])), names)
        return Target(owner, "/".join((namespace, *types)), types[-1])
    return Target(scope)


def _parse_scope(segments: list[str]) -> Target | None:
    """Subscriptions, resource groups, their lists and what may be asked of them."""
    if segments[0].lower() != "subscriptions":
        return None
    if len(segments) == 1:
        return Target(None, SUBSCRIPTIONS, segments[0])
    if not _GUID.fullmatch(segments[1]):
        raise ApiError(
            400,
            "InvalidSubscriptionId",
            f"The provided subscription identifier '{segments[1]}' is malformed or invalid.",
        )
    subscription = ResourceId(None, SUBSCRIPTIONS, (segments[1],))
    if len(segments) == 2:
        return Target(subscription)
    if segments[2].lower() != "resourcegroups":
        return Target(subscription, "", segments[2]) if len(segments) == 3 else None
    if len(segments) == 3:
        return Target(subscription, GROUPS, segments[2])
    group = ResourceId(subscription, GROUPS, (segments[3],))
    if len(segments) == 4:
        return Target(group)
    return Target(group, "", segments[4]) if len(segments) == 5 else None
