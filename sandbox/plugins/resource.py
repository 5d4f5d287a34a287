"""The life cycle shared by all tokens of all imitated providers: :class:`ImitatedResource`.

A handler says in class attributes what its token's properties are like, and in a few short methods
which calls of the cloud's API make, find, change and remove the resource. What a cloud adds to that
(how it is reached, its errors, its tags or labels) is said once, in the cloud's own base class.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from plugin import UNKNOWN, CheckFailure, Context, Difference, Handler, State
from plugin.handler import (
    InitializationFailedError,
    Properties,
    ResourceFailedError,
    compare,
    root_of,
)
from sandbox.plugins import checking
from sandbox.plugins.checking import UnmappedPropertyError
from sandbox.plugins.comparing import (
    is_empty,
    overlaid,
    pruned,
    reconciled,
    with_default,
)
from sandbox.plugins.naming import AutoName, kept_name
from sandbox.plugins.rules import Rule
from sandbox.plugins.schema import ResourceSchema, Sdk
from sandbox.plugins.wording import same_words

DEFAULTS_KEY: Final = "__defaults"
"""Where the inputs say which of them the provider chose, as pulumi's own bridge does."""


class InContext(Protocol):
    """What reaches a cloud, for the length of one operation."""

    @property
    def context(self) -> Context:
        """The operation."""


CloudT = TypeVar("CloudT", bound=InContext)
_Result = TypeVar("_Result")


class ImitatedResource(Handler, Generic[CloudT]):
    """One token of an imitated provider; ``CloudT`` is what its methods reach the cloud through."""

    sdk: ClassVar[Sdk]
    """The SDK whose types the inputs must have."""
    refusals: ClassVar[tuple[type[Exception], ...]]
    """What the cloud's client raises when the cloud refuses."""
    apart: ClassVar[frozenset[str]] = frozenset()
    """Inputs with calls of their own: :meth:`change_apart`."""

    behaviour: ClassVar[str] = "behaves"
    """``behaves`` when the sandbox acts on the resource, ``recorded`` when it only remembers it."""
    mutable: ClassVar[frozenset[str]] = frozenset()
    """Inputs that change in place. Those in neither list are refused by name."""
    instead: ClassVar[Mapping[str, str]] = {}
    """For inputs that are not supported: what to use."""
    mutable_paths: ClassVar[tuple[str, ...]] = ()
    """Paths below an immutable input that change in place all the same."""
    auto_name: ClassVar[AutoName | None] = None
    defaults: ClassVar[Mapping[str, Any]] = {}
    """The provider's default values."""
    sets: ClassVar[frozenset[str]] = frozenset()
    """Lists whose order means nothing, at any depth, by the property's own name."""
    local: ClassVar[frozenset[str]] = frozenset()
    """Inputs that steer the provider and are not known to the cloud, e.g. ``forceDestroy``."""
    untold: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the cloud keeps to itself once given: no answer says nothing about them."""
    rules: ClassVar[tuple[Rule, ...]] = ()
    assumed: ClassVar[Mapping[str, Any]] = {}
    """Default values of nested properties, by paths such as ``variants[].weight``."""
    unknown_until_created: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the cloud chooses when they are not given."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url

    # What a cloud writes, once for all its tokens.

    @abstractmethod
    def cloud(self, context: Context, properties: Properties) -> CloudT:
        """What reaches the cloud for an operation on a resource with these properties."""

    @abstractmethod
    def explained(self, title: str, error: Exception) -> ResourceFailedError:
        """A refusal as the user should see it: what was tried and what the cloud said."""

    @abstractmethod
    def is_gone(self, error: Exception) -> bool:
        """Whether a refusal says that the resource does not exist."""

    def provide(self, context: Context, old: Properties, inputs: dict[str, Any]) -> None:
        """Adds what the provider's configuration says, e.g. a region."""

    def change_apart(
        self,
        cloud: CloudT,
        resource_id: str,
        old: Properties,
        new: Properties,
    ) -> None:
        """Changes what :attr:`apart` names."""

    def derived(self, properties: Properties) -> dict[str, Any]:
        """Outputs made from the inputs, known before a creation, e.g. all tags."""
        return {}

    def placed(self, cloud: CloudT) -> dict[str, Any]:
        """Where a resource is, as inputs and outputs, e.g. its region."""
        return {}

    # What a handler writes.

    @abstractmethod
    def make(self, cloud: CloudT, inputs: Properties) -> str:
        """Creates the resource in the cloud; returns its id."""

    @abstractmethod
    def find(self, cloud: CloudT, resource_id: str, known: Properties) -> dict[str, Any] | None:
        """The resource's properties as the cloud tells them, or ``None`` when it is gone.

        ``known`` is what the Pulumi state has, nothing in an import. A property that the cloud
        does not tell is left out of the answer; one that is unset is ``None``.
        """

    def change(
        self, cloud: CloudT, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        """Changes the resource; ``changed`` names the inputs that differ, never ``tags``."""
        raise ResourceFailedError(f"{self.token} cannot be updated in place")

    @abstractmethod
    def remove(self, cloud: CloudT, resource_id: str, outputs: Properties) -> None:
        """Deletes the resource; the cloud's "not found" may be raised."""

    def settle(self, cloud: CloudT, resource_id: str, inputs: Properties) -> None:
        """Waits until a new or changed resource is usable, where the real provider does."""

    def request(self, inputs: Properties) -> dict[str, Any]:
        """The parameters of the creation, for the check of nested names as well."""
        return {}

    # The protocol.

    @property
    def schema(self) -> ResourceSchema:
        """The token's properties, from the installed SDK."""
        return self.sdk.resource(self.token)

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        inputs, failures = checking.conform(new, self.schema.inputs)
        supported = self.immutable | self.mutable
        failures += [
            CheckFailure(property=name, reason=self._not_supported(name))
            for name in inputs
            if name in self.schema.inputs and name not in supported
        ]
        chosen = self._fill(context, old, inputs, failures)
        if not failures:
            for rule in self.rules:
                failures += rule(inputs)
            try:
                self.request(inputs)
            except UnmappedPropertyError as error:
                failures.append(CheckFailure(property=error.path, reason=str(error)))
        if chosen:
            inputs[DEFAULTS_KEY] = sorted(chosen)
        return inputs, failures

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        before = {
            key: value
            for key, value in old.items()
            # What the cloud chooses stays as it is when a program stops saying it.
            if not key.startswith("__") and (key in new or key not in self.unknown_until_created)
        }
        after = {
            key: same_words(before.get(key), value, sets=self.sets, name=key)
            for key, value in new.items()
            if not key.startswith("__")
        }
        changed = compare(self._said(before), self._said(after))
        replaces = frozenset(path for path in changed if self._replaces(path))
        return Difference(
            changed=changed,
            replaces=replaces,
            delete_before_replace=self.delete_before_replace or self._named_by_program(new),
        )

    def _named_by_program(self, inputs: Properties) -> bool:
        """Whether the program gave the name that the provider would have made.

        The real providers then delete before they create, since two cannot have one name; see
        ``nameRequiresDeleteBeforeReplace`` in pulumi-terraform-bridge. A program that changes the
        name as well says ``delete_before_replace=False``.
        """
        name = self.auto_name.property if self.auto_name is not None else ""
        return name in inputs and name not in inputs.get(DEFAULTS_KEY, ())

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        cloud = self.cloud(context, inputs)
        given = _without_defaults(inputs)
        resource_id = self._attempt(f"creating {self._title(context)}", self.make, cloud, given)
        try:
            self._attempt("waiting", self.settle, cloud, resource_id, given)
            return resource_id, self._outputs(cloud, resource_id, given)
        except ResourceFailedError as error:
            found = self._known(cloud, resource_id, given)
            raise InitializationFailedError(
                str(error), resource_id=resource_id, outputs={**inputs, **found}
            ) from error

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        cloud = self.cloud(context, {**outputs, **inputs})
        known = {**outputs, **inputs}
        found = self._attempt(
            f"reading {self._title(context)}", self._lookup, cloud, resource_id, known
        )
        if found is None:
            return None
        declared = self.declared_by(inputs, found) if inputs else self.imported(cloud, found)
        return State(
            id=self.id_of(resource_id, found),
            outputs=self.merged(cloud, declared, found),
            inputs=declared,
        )

    def id_of(self, resource_id: str, found: Properties) -> str:
        """The resource's id, where an import may name it otherwise."""
        return resource_id

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        cloud = self.cloud(context, new)
        given = _without_defaults(new)
        # The outputs hold what the cloud chose as well: only inputs tell what the program changed.
        declared = context.old_inputs or {name: outputs.get(name) for name in new}
        difference = self.diff(context, resource_id, declared, new)
        changed = {root_of(path) for path in difference.changed}
        title = f"updating {self._title(context)}"
        own = changed - self.apart
        if own:
            self._attempt(title, self.change, cloud, resource_id, outputs, given, own)
        if changed & self.apart:
            self._attempt(title, self.change_apart, cloud, resource_id, outputs, given)
        if own - self.local:
            self._attempt(title, self.settle, cloud, resource_id, given)
        return self._outputs(cloud, resource_id, given)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        cloud = self.cloud(context, outputs)

        def attempt() -> None:
            try:
                self.remove(cloud, resource_id, outputs)
            except self.refusals as error:
                if not self.is_gone(error):
                    raise

        self._attempt(f"deleting {self._title(context)}", attempt)

    def preview_create(self, inputs: Properties) -> Properties:
        chosen = {name for name in self.unknown_until_created if name not in inputs}
        unknown = dict.fromkeys(self.schema.computed | chosen, UNKNOWN)
        return {**unknown, **inputs, **self.derived(inputs)}

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        kept = {key: outputs[key] for key in self.schema.computed if key in outputs}
        return {**kept, **dict.fromkeys(self.volatile, UNKNOWN), **new, **self.derived(new)}

    # How the parts work together.

    def _title(self, context: Context) -> str:
        return f"{self.token.rsplit(':', 1)[-1]} {context.name!r}"

    def _attempt(self, title: str, work: Callable[..., _Result], *arguments: Any) -> _Result:
        try:
            return work(*arguments)
        except self.refusals as error:
            raise self.explained(title, error) from error

    def _not_supported(self, name: str) -> str:
        use = self.instead.get(name)
        remedy = f"; use {use}" if use else ""
        return f"{name!r} of {self.token} is not supported by the sandbox{remedy}"

    def _fill(
        self,
        context: Context,
        old: Properties,
        inputs: dict[str, Any],
        failures: list[CheckFailure],
    ) -> set[str]:
        given = set(inputs)
        for name, value in self.defaults.items():
            inputs.setdefault(name, value)
        self.provide(context, old, inputs)
        if self.auto_name is not None and not kept_name(self.auto_name, old, inputs):
            self.auto_name.fill(inputs, context.name, context.random_seed, failures)
        return {name for name in set(inputs) - given - self.apart if not name.startswith("__")}

    def _replaces(self, path: str) -> bool:
        if any(
            path == free or path.startswith((f"{free}.", f"{free}[")) for free in self.mutable_paths
        ):
            return False
        return root_of(path) in self.immutable

    def _said(self, properties: Properties) -> dict[str, Any]:
        """Properties with their defaults said and everything that says nothing left out."""
        said = dict(properties)
        for path, value in self.assumed.items():
            said = with_default(said, path, value)
        told: dict[str, Any] = pruned(said, {False})
        return told

    def look(self, cloud: CloudT, resource_id: str, known: Properties) -> dict[str, Any] | None:
        """:meth:`find` with what all tokens of the cloud have, e.g. tags."""
        return self.find(cloud, resource_id, known)

    def _lookup(self, cloud: CloudT, resource_id: str, known: Properties) -> dict[str, Any] | None:
        try:
            found = self.look(cloud, resource_id, known)
        except self.refusals as error:
            if self.is_gone(error):
                return None
            raise
        if found is not None:
            silent = {name for name in self.untold if is_empty(found.get(name))}
            found = {name: value for name, value in found.items() if name not in silent}
        return found

    def _outputs(self, cloud: CloudT, resource_id: str, inputs: Properties) -> Properties:
        title = f"reading {self._title(cloud.context)}"
        found = self._attempt(title, self._lookup, cloud, resource_id, inputs)
        if found is None:
            raise ResourceFailedError(f"{title}: the cloud does not know {resource_id!r}")
        return self.merged(cloud, self.declared_by(inputs, found), found)

    def _known(self, cloud: CloudT, resource_id: str, inputs: Properties) -> Properties:
        try:
            return self._outputs(cloud, resource_id, inputs)
        except ResourceFailedError:
            return {}

    def declared_by(self, inputs: Properties, found: Properties) -> dict[str, Any]:
        """The inputs that would declare what the cloud has, in the words of ``inputs``."""
        known = self.schema.inputs
        declared: dict[str, Any] = {}
        for name, value in inputs.items():
            if name not in found or name in self.local:
                declared[name] = value
                continue
            wanted = known[name].type if name in known else None
            now = reconciled(value, found[name], wanted)
            if not is_empty(now) or is_empty(value):
                declared[name] = now
        return declared

    def imported(self, cloud: CloudT, found: Properties) -> dict[str, Any]:
        """All that was found, as inputs: for a resource that no program has declared yet."""
        told = {
            name: pruned(value)
            for name, value in found.items()
            if name in self.immutable | self.mutable
            # A switch that is off says nothing unless the provider itself would say it.
            and (name in self.defaults or not (is_empty(value) or value is False))
        }
        steering = {k: v for k, v in self.defaults.items() if k in self.local}
        return {**steering, **self.placed(cloud), **told}

    def merged(self, cloud: CloudT, declared: Properties, found: Properties) -> dict[str, Any]:
        laid = {
            name: overlaid(value, declared[name]) if name in declared else value
            for name, value in found.items()
            if value is not None or name in declared
        }
        merged = {**declared, **laid}
        merged.pop(DEFAULTS_KEY, None)
        return {**merged, **self.placed(cloud), **self.derived(merged)}


def _without_defaults(inputs: Properties) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if not key.startswith("__")}
