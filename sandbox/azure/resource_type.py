"""What a resource type is like and does: :class:`ResourceType`, derived once for each type.

Class attributes say what Resource Manager checks and fills in; methods are called as a resource is
written, read and deleted. A type that overrides none is recorded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.context import Context
from sandbox.azure.ids import ResourceId
from sandbox.azure.tokens import Caller
from sandbox.store import Record
from sandbox.wire import Request

if TYPE_CHECKING:
    from sandbox.azure.operations import Operation


@dataclass(kw_only=True)
class Call:
    """One request about one resource.

    Attributes:
        id: the resource; of a collection or an action, what it belongs to.
        old: the resource as it is, ``None`` when it is new.
        new: as it will be, for hooks to check and to fill in.
    """

    context: Context
    request: Request
    caller: Caller
    api_version: str
    id: ResourceId
    old: Record | None = None
    new: Record = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, Any]:
        """``properties`` of the resource as it will be."""
        found: dict[str, Any] = self.new.setdefault("properties", {})
        return found


@dataclass(frozen=True)
class Later:
    """What an action answers to go on as an operation (202): the name of the type's method.

    The method gets the :class:`~sandbox.azure.operations.Operation`; what it returns is the body
    that ``Location`` answers in the end. ``parameters`` are kept with the operation.
    """

    method: str
    parameters: Record = field(default_factory=dict)


Generator = Callable[[Call], Any]


class ResourceType:
    """One type of Resource Manager."""

    type: ClassVar[str]
    """With the namespace, in Azure's own case."""
    behaviour: ClassVar[str] = "recorded"
    """``behaves`` when something follows from the resource, ``recorded`` when it is remembered."""
    scopes: ClassVar[frozenset[str]] = frozenset({"group"})
    """Where it can be: ``group``, ``subscription``, ``resource`` (an extension), ``tenant``."""
    tracked: ClassVar[bool] = False
    """Whether it has a location, which is required, and tags."""
    name: ClassVar[tuple[str, str]] = (r"[^<>%&\\?/#]{1,260}", "1 to 260 characters")
    """What a name must match, and in words."""
    name_error: ClassVar[str] = "InvalidResourceName"
    unique: ClassVar[str] = ""
    """Code of the refusal when the name is taken anywhere in the cloud; empty: it need not be."""
    long_running: ClassVar[frozenset[str]] = frozenset()
    """Methods that the service answers before the work is done: ``PUT``, ``PATCH``, ``DELETE``."""
    provisions: ClassVar[bool] = True
    """Whether it has ``properties.provisioningState``."""
    etagged: ClassVar[bool] = False
    """Whether ``etag`` is part of the resource."""
    system_data: ClassVar[bool] = True
    patchable: ClassVar[bool] = True
    makes_parent: ClassVar[bool] = False
    """Whether writing one makes what it is in, as a version makes its container."""
    required: ClassVar[tuple[str, ...]] = ()
    """Paths that must be given, such as ``properties.sku.name``."""
    allowed: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Values that paths may have; case does not matter, Azure's is taken."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """What the service fills in, by path."""
    generated: ClassVar[Mapping[str, Generator]] = {}
    """Outputs by path, made at creation and kept for good."""
    immutable: ClassVar[tuple[str, ...]] = ()
    """Paths that cannot change; ``location`` never can."""
    secret: ClassVar[tuple[str, ...]] = ()
    """Paths that are taken and never told."""
    actions: ClassVar[Mapping[str, str]] = {}
    """POST actions: name in the path to name of the method, called with the :class:`Call`."""
    early_actions: ClassVar[frozenset[str]] = frozenset()
    """Of these, and of ``list``, what is answered before the resource or its parent exists."""

    def __init__(self, context: Context) -> None:
        self.context = context

    # Writing.

    def check(self, call: Call) -> None:
        """Refuse what the service refuses (raise ApiError); ``call.new`` has its defaults."""

    def complete(self, call: Call) -> None:
        """Fill in what the service adds; runs after :meth:`check`, before the resource is kept."""

    def stored(self, call: Call) -> None:
        """The resource is kept: start what works in the background; the request waits for it."""

    def settle(self, operation: "Operation") -> None:
        """Do the long-running part of a write; then ``provisioningState`` is ``Succeeded``.

        An ApiError makes it ``Failed`` and is the operation's error. Runs again after a restart
        that came in between.
        """

    # Reading.

    def shown(self, record: Record) -> Record:
        """A resource as GET and lists tell it: a place for what is live."""
        return record

    def listing(self, call: Call, records: list[Record]) -> list[Record]:
        """What a list answers; ``call.request.query`` has the filters."""
        return records

    # Deleting.

    def check_deletion(self, call: Call) -> None:
        """Refuse a deletion of ``call.old`` that the service refuses."""

    def departing(self, record: Record) -> None:
        """The resource is about to go; all that is in it is still there, to be kept softly."""

    def absent(self, call: Call) -> None:
        """A deletion was asked for of what is not there, or is deleted already."""

    def erase(self, record: Record) -> None:
        """The resource goes, by itself or with what it is in, and what was in it is gone."""

    # The sandbox.

    def restored(self, record: Record) -> None:
        """The sandbox was started again: bring back what runs for a resource."""
