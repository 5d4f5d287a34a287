"""What all tokens of the imitated ``azure-native`` have: a path, an API version, one body."""

import functools
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from plugin import CheckFailure, Context
from plugin.handler import Properties, ResourceFailedError
from plugin.values import UNKNOWN, contains_unknown
from sandbox.azure.locations import normalised
from sandbox.azure.plugin.cloud import AzureError, Cloud, Configuration, Endpoint, explained
from sandbox.azure.plugin.names import is_random
from sandbox.azure.plugin.sdk import AzureSdk
from sandbox.azure.plugin.wire import IDENTITIES, as_inputs, from_wire, to_wire
from sandbox.plugins.resource import DEFAULTS_KEY, ImitatedResource
from sandbox.plugins.schema import Type

SDK: Final = AzureSdk("pulumi_azure_native")
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
# Parts of a path that are ids themselves.
_SCOPES: Final = ("resourceUri", "scope", "scopeId")


class AzureResource(ImitatedResource[Cloud]):
    """One token of the imitated ``azure-native``: read by GET, written by PUT, deleted by DELETE.

    What the path is made of, and ``location``, cannot change in place; beyond that only what
    Azure's specification says can be given at creation alone, as with the real provider.
    """

    sdk = SDK
    refusals = (AzureError, OSError)

    path: ClassVar[str]
    """The resource's id, with variables for its parts; ``subscriptionId`` is the provider's."""
    renames: ClassVar[Mapping[str, str]] = {}
    """Azure's names by path, where they are others."""
    nested: ClassVar[frozenset[str]] = frozenset()
    """Paths of lists whose items have ``properties`` of their own."""
    inner: ClassVar[frozenset[str]] = frozenset()
    """Names that are under ``properties`` here though they usually are at the top."""
    unsent: ClassVar[frozenset[str]] = frozenset()
    """Inputs that are in no body, beyond those that the path has."""
    singleton: ClassVar[bool] = False
    """Whether Azure makes it with its parent: then there is nothing to create or to delete."""
    reset: ClassVar[Mapping[str, Any]] = {}
    """The inputs that a deletion of such a one gives it."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint.url)
        self._endpoint = endpoint

    @functools.cached_property
    def api_version(self) -> str:
        """The version of Azure's API that the installed SDK stands for."""
        return SDK.api_version(self.token)

    @functools.cached_property
    def parts(self) -> frozenset[str]:
        """Inputs that stand in the path."""
        return frozenset(_VARIABLE.findall(self.path)) - {"subscriptionId"}

    def cloud(self, context: Context, properties: Properties) -> Cloud:
        return Cloud(self._endpoint, context, context.configuration or Configuration())

    def explained(self, title: str, error: Exception) -> ResourceFailedError:
        return explained(title, error)

    def is_gone(self, error: Exception) -> bool:
        return isinstance(error, AzureError) and error.status == 404

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        inputs, failures = super().check(context, old, new)
        location = inputs.get("location")
        if isinstance(location, str):
            # As the real provider does: spaces and capitals mean nothing.
            inputs = {**inputs, "location": normalised(location)}
        return inputs, failures

    def preview_create(self, inputs: Properties) -> Properties:
        return {
            key: _as_answered(value, key) for key, value in super().preview_create(inputs).items()
        }

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        known = super().preview_update(outputs, new)
        return {key: _as_answered(value, key) for key, value in known.items()}

    def provide(self, context: Context, old: Properties, inputs: dict[str, Any]) -> None:
        configuration = context.configuration or Configuration()
        if "location" in self.immutable and configuration.location:
            inputs.setdefault("location", configuration.location)

    def _named_by_program(self, inputs: Properties) -> bool:
        # Only what has a random name of the provider's is made again before it is deleted.
        return not is_random(self.auto_name, inputs, inputs.get(DEFAULTS_KEY, ()))

    def address(self, cloud: Cloud, inputs: Properties) -> str:
        """The id that inputs say."""
        values = {"subscriptionId": cloud.configuration.subscription, **inputs}
        given = {name: str(value).strip("/") for name, value in values.items()}
        return f"/{self.path.format_map(given).lstrip('/')}"

    def parts_of(self, resource_id: str) -> dict[str, str]:
        """The inputs that an id tells.

        Raises:
            ResourceFailedError: it is not the id of such a resource.
        """
        match = _pattern(self.path).fullmatch(resource_id)
        if match is None:
            raise ResourceFailedError(f"{resource_id!r} is no id of the form {self.path}")
        found = match.groupdict()
        found.pop("subscriptionId", None)
        return {
            name: f"/{value.strip('/')}" if name in _SCOPES else value
            for name, value in found.items()
        }

    def body(self, inputs: Properties) -> dict[str, Any]:
        """The resource as the API takes it."""
        hidden = {*self.parts, *self.unsent}
        sent = {name: value for name, value in inputs.items() if name not in hidden}
        return to_wire(sent, renames=self.renames, nested=self.nested, inner=self.inner)

    def query(self, inputs: Properties) -> dict[str, str]:
        """Parameters of a write beside the version."""
        return {}

    def deletion(self, outputs: Properties) -> dict[str, str]:
        """Parameters of a deletion beside the version."""
        return {}

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        place = self.address(cloud, inputs)
        if not self.singleton and self._exists(cloud, place):
            raise ResourceFailedError(f"cannot create already existing resource '{place}'")
        answer = cloud.put(place, self.api_version, self.body(inputs), **self.query(inputs))
        return str(answer.get("id") or place)

    def _exists(self, cloud: Cloud, place: str) -> bool:
        try:
            cloud.get(place, self.api_version)
        except AzureError as error:
            if error.status in (404, 405):
                return False
            raise
        return True

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.get(resource_id, self.api_version)
        found = {**self.properties(answer), "azureApiVersion": self.api_version}
        told = self.parts_of(resource_id)
        for name, value in told.items():
            said = known.get(name)
            # The program's own case stays: ids mean the same in any.
            same = isinstance(said, str) and said.strip("/").lower() == value.strip("/").lower()
            found[name] = said if same else value
        wanted = {*self.schema.outputs, *self.schema.inputs}
        absent = dict.fromkeys(set(self.schema.inputs) - self.parts - self.unsent)
        hidden = {"id"} - self.parts
        return {
            name: value
            for name, value in {**absent, **found}.items()
            if name in wanted and name not in hidden
        }

    def properties(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The API's resource as properties."""
        whole = "properties" in self.schema.inputs
        found = from_wire(answer, renames=self.renames, nested=self.nested, whole=whole)
        if "properties" in self.schema.outputs and not whole:
            found["properties"] = answer.get("properties")
        return found

    def declared_by(self, inputs: Properties, found: Properties) -> dict[str, Any]:
        return super().declared_by(inputs, as_inputs(inputs, found))

    def imported(self, cloud: Cloud, found: Properties) -> dict[str, Any]:
        known = self.schema.inputs
        said = {
            name: _declarable(value, known[name].type) if name in known else value
            for name, value in as_inputs({}, found).items()
        }
        return super().imported(cloud, said)

    def merged(self, cloud: Cloud, declared: Properties, found: Properties) -> dict[str, Any]:
        merged = super().merged(cloud, declared, found)
        known, told = found.get("identity"), merged.get("identity")
        if isinstance(known, Mapping) and isinstance(told, Mapping) and IDENTITIES in known:
            merged["identity"] = {**told, IDENTITIES: known[IDENTITIES]}
        return merged

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        cloud.put(resource_id, self.api_version, self.body(new), **self.query(new))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if not self.singleton:
            cloud.delete(resource_id, self.api_version, **self.deletion(outputs))
        elif self.reset:
            cloud.put(resource_id, self.api_version, self.body(self.reset))


def _as_answered(value: Any, name: str) -> Any:
    """An input as Azure would answer it: identities are listed by programs and mapped by Azure."""
    if name == IDENTITIES and isinstance(value, list):
        if contains_unknown(value):
            return UNKNOWN
        return {str(item): {} for item in value}
    if isinstance(value, Mapping):
        return {key: _as_answered(item, key) for key, item in value.items()}
    return value


def _declarable(value: Any, wanted: Type) -> Any:
    """What of a value a program can say: nothing that only the cloud tells."""
    if wanted.kind == "list" and wanted.element is not None and isinstance(value, list):
        return [_declarable(item, wanted.element) for item in value]
    if wanted.kind == "map" and wanted.element is not None and isinstance(value, Mapping):
        return {name: _declarable(item, wanted.element) for name, item in value.items()}
    if wanted.kind != "object" or not isinstance(value, Mapping):
        return value
    chosen = wanted.chosen(value)
    known = chosen.properties if chosen is not None else {}
    return {
        name: _declarable(item, known[name].type) for name, item in value.items() if name in known
    }


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    pieces = _VARIABLE.split(template)
    text = ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            text += re.escape(piece)
        else:
            text += f"(?P<{piece}>{'.+' if piece in _SCOPES else '[^/]+'})"
    return re.compile(text, re.IGNORECASE)
