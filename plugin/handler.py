"""What a resource token does: :class:`Handler`, and the small types it speaks in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from plugin.values import UNKNOWN, contains_unknown

if TYPE_CHECKING:
    from plugin.provider import Context

Properties = Mapping[str, Any]


class ResourceFailedError(Exception):
    """An operation failed; the text is shown to the user as it is."""


class OperationInterruptedError(ResourceFailedError):
    """The user interrupted the update while an operation was waiting."""


class InitializationFailedError(ResourceFailedError):
    """Created, but not in a usable state: kept in the Pulumi state so that nothing is lost."""

    def __init__(self, message: str, *, resource_id: str, outputs: Properties) -> None:
        super().__init__(message)
        self.resource_id = resource_id
        self.outputs = outputs


@dataclass(frozen=True, kw_only=True)
class CheckFailure:
    """One refused input: the property's path and why it is refused."""

    property: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class State:
    """A resource as it is now: what :meth:`Handler.read` found.

    ``inputs`` are the inputs that would declare it; ``None`` keeps those of the Pulumi state.
    """

    id: str
    outputs: Properties
    inputs: Properties | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The changed property paths, and those among them that need a replacement."""

    changed: Mapping[str, str] = field(default_factory=dict)
    """Path to kind: ``add``, ``delete`` or ``update``."""
    replaces: frozenset[str] = frozenset()
    delete_before_replace: bool = False


class Handler(ABC):
    """The life cycle of one resource token.

    Every method may raise :class:`ResourceFailedError` with a text for the user; other exceptions
    are reported with their type. Methods run on a pool of threads, several at once.
    """

    token: ClassVar[str]
    """The Pulumi type token, e.g. ``trimaran:aws:GlueJobRun``."""
    immutable: ClassVar[frozenset[str]] = frozenset()
    """Top-level inputs that cannot change in place."""
    delete_before_replace: ClassVar[bool] = False
    computed: ClassVar[frozenset[str]] = frozenset()
    """Outputs that are not inputs: unknown in the preview of a creation."""
    volatile: ClassVar[frozenset[str]] = frozenset()
    """The computed outputs that an update may change: unknown in its preview."""

    def check(
        self, context: "Context", old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        """Validates the inputs and fills in defaults such as an automatic name."""
        return new, []

    def diff(
        self, context: "Context", resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        """Compares old with new inputs; override for what plain comparison does not tell."""
        changed = compare(old, new)
        replaces = frozenset(path for path in changed if root_of(path) in self.immutable)
        return Difference(
            changed=changed,
            replaces=replaces,
            delete_before_replace=self.delete_before_replace,
        )

    @abstractmethod
    def create(self, context: "Context", inputs: Properties) -> tuple[str, Properties]:
        """Creates the resource; returns its id and its outputs (the inputs are added)."""

    def read(
        self, context: "Context", resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        """The resource as it is now, or ``None`` when it is gone."""
        return State(id=resource_id, outputs=outputs)

    def update(
        self,
        context: "Context",
        resource_id: str,
        outputs: Properties,
        new: Properties,
    ) -> Properties:
        """Changes the resource in place from its last ``outputs``; returns the new outputs."""
        raise ResourceFailedError(f"{self.token} cannot be updated in place")

    @abstractmethod
    def delete(self, context: "Context", resource_id: str, outputs: Properties) -> None:
        """Deletes the resource; one that is already gone is no error."""

    def preview_create(self, inputs: Properties) -> Properties:
        """The outputs as far as they are known before a creation."""
        return {**inputs, **dict.fromkeys(self.computed, UNKNOWN)}

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        """The outputs as far as they are known before an update."""
        kept = {key: outputs.get(key, UNKNOWN) for key in self.computed - self.volatile}
        return {**new, **kept, **dict.fromkeys(self.volatile, UNKNOWN)}


def compare(old: Properties, new: Properties) -> dict[str, str]:
    """Changed property paths of two nested values, each with its kind.

    An unknown value counts as changed: a preview must not promise less than an update may do.
    """
    changed: dict[str, str] = {}
    for key in sorted({*old, *new}):
        path = _quoted(key)
        if key not in new or (new[key] is None and old.get(key) is not None):
            if old.get(key) is not None:
                changed[path] = "delete"
        elif key not in old or (old[key] is None and new[key] is not None):
            if new[key] is not None:
                changed[path] = "add"
        else:
            changed.update(_compare_values(old[key], new[key], path))
    return changed


def root_of(path: str) -> str:
    """The top-level property of a path: ``a`` for ``a.b[0]``, ``x.y`` for ``["x.y"]``."""
    if path.startswith('["'):
        return path[2 : path.index('"]')]
    return path.split(".", 1)[0].split("[", 1)[0]


def _quoted(key: str) -> str:
    return f'["{key}"]' if "." in key or "[" in key else key


def _compare_values(old: Any, new: Any, path: str) -> dict[str, str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        inner = compare(old, new)
        return {
            (f"{path}{key}" if key.startswith("[") else f"{path}.{key}"): kind
            for key, kind in inner.items()
        }
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        changed: dict[str, str] = {}
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            changed.update(_compare_values(before, after, f"{path}[{index}]"))
        return changed
    if contains_unknown(new) or old != new:
        return {path: "update"}
    return {}
