"""A resource of one REST collection: created by POST, told by GET, changed by PATCH, deleted."""

import functools
import re
from typing import Any, ClassVar

from plugin.handler import Properties, ResourceFailedError
from sandbox.gcp.plugin import labels
from sandbox.gcp.plugin.cloud import Cloud, Query
from sandbox.gcp.plugin.resource import POLICY, GcpResource
from sandbox.gcp.plugin.wire import Names, from_wire, path_of, put, taken, to_wire

_VARIABLE = re.compile(r"\{(\w+)\}")


class RestResource(GcpResource):
    """Maps properties to the API by name, with :attr:`names` for those that differ."""

    version: ClassVar[str] = "/v1"
    parent: ClassVar[str] = "projects/{project}"
    """Template of what the collection is below."""
    kind: ClassVar[str]
    """The collection's name."""
    identified_by: ClassVar[str] = "name"
    """The input with the last part of the resource's name; empty when the cloud makes it."""
    id_parameter: ClassVar[str] = ""
    """The query's parameter with that part; without one it is in the body."""
    short_names: ClassVar[bool] = True
    """Whether the output ``name`` is that last part and not the whole name."""
    operations: ClassVar[bool] = False
    """Whether the methods are long-running operations."""
    names: ClassVar[Names] = {}
    unsent: ClassVar[frozenset[str]] = frozenset()
    """Inputs that are in no body, beyond those that the path has."""

    @property
    def template(self) -> str:
        """The resource's id, with variables for its parts."""
        return f"{self.parent}/{self.kind}/{{{self.identified_by or 'name'}}}"

    def parts_of(self, resource_id: str) -> dict[str, str]:
        """The properties that an id tells.

        Raises:
            ResourceFailedError: it is not the id of such a resource.
        """
        match = _pattern(self.template).fullmatch(resource_id)
        if match is None:
            raise ResourceFailedError(f"{resource_id!r} is no id of the form {self.template}")
        return match.groupdict()

    def body(self, inputs: Properties) -> dict[str, Any]:
        """The resource as the API takes it."""
        hidden = {POLICY, *self.local, *self.unsent, *_VARIABLE.findall(self.parent)}
        if self.id_parameter or not self.identified_by:
            hidden.add(self.identified_by)
        sent = {name: value for name, value in inputs.items() if name not in hidden}
        return to_wire(sent, self.schema.inputs, self.names)

    def query(self, inputs: Properties) -> Query:
        """Parameters of a creation beside the id."""
        return {}

    def properties(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The API's resource as properties."""
        hidden = {POLICY, *self.local, *self.unsent}
        wanted = {name: item for name, item in self.schema.outputs.items() if name not in hidden}
        return from_wire(answer, wanted, self.names)

    def address(self, resource_id: str) -> str:
        """The path of an existing resource."""
        return f"{self.version}/{resource_id}"

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        body = self.body(inputs)
        if self.labelled:
            put(body, path_of("labels", self.names), labels.effective(cloud.labels, {}, inputs))
        query: dict[str, str | None] = dict(self.query(inputs))
        if self.id_parameter:
            query[self.id_parameter] = str(inputs[self.identified_by])
        parent = self.parent.format_map(inputs)
        path = f"{self.version}/{parent}/{self.kind}"
        answer = self._done(cloud, cloud.call("POST", path, query=query, body=body))
        if self.identified_by:
            return self.template.format_map(inputs)
        return str(answer["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.call("GET", self.address(resource_id))
        if answer.get("state") == "DELETED":
            return None
        found = self.properties(answer)
        place = self.parts_of(resource_id)
        # What the path says is said there in the words of the program: an id, not a number.
        told = {name: text for name, text in place.items() if name in self.schema.outputs}
        if not self.short_names and "name" in answer:
            told["name"] = answer["name"]
        return {**found, **told, **self.more(cloud, resource_id, answer)}

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Properties that the answer does not have under their own names."""
        return {}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        body = self.body(new)
        if self.labelled:
            put(body, path_of("labels", self.names), labels.effective(cloud.labels, old, new))
        named = {"labels" if name == "pulumiLabels" else name for name in changed}
        paths = sorted({path_of(name, self.names) for name in named - self.local - {POLICY}})
        if not paths:
            return
        sent: dict[str, Any] = {}
        for path in paths:
            value = taken(body, path)
            if value is not None:
                put(sent, path, value)
        self.patch(cloud, resource_id, sent, paths, old)

    def patch(
        self,
        cloud: Cloud,
        resource_id: str,
        sent: dict[str, Any],
        paths: list[str],
        old: Properties,
    ) -> None:
        """Sends a change of the fields at ``paths``."""
        query = {"updateMask": ",".join(paths)}
        answer = cloud.call("PATCH", self.address(resource_id), query=query, body=sent)
        self._done(cloud, answer)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        self._done(cloud, cloud.call("DELETE", self.address(resource_id)))

    def _done(self, cloud: Cloud, answer: dict[str, Any]) -> dict[str, Any]:
        return cloud.wait(answer, self.version) if self.operations else answer


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    pieces = _VARIABLE.split(template)
    text = "".join(
        f"(?P<{piece}>[^/]+)" if index % 2 else re.escape(piece)
        for index, piece in enumerate(pieces)
    )
    return re.compile(text)
