"""One collection of recorded resources, with the methods that most of Google's APIs share."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import ApiError, already_exists, invalid, not_found
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import apply_mask, masked, matches, page
from sandbox.gcp.recorded import policies
from sandbox.router import Request
from sandbox.store import Record

_VARIABLE = re.compile(r"\{(\w+)\*?\}")


def _keep(_: Record, __: Request) -> None:
    """Nothing to add."""


def _allow(_: Record | None, __: Record) -> None:
    """Nothing to refuse."""


@dataclass(kw_only=True)
class Collection:
    """Resources of one kind below one kind of parent.

    Attributes:
        context: of the running sandbox.
        version: path prefix, e.g. ``/v1``.
        parent: template of the parent's name, e.g. ``projects/{project}/locations/{location}``.
        name: of the collection in paths, e.g. ``keyRings``.
        items: field of the list's answer; the name of the collection unless given.
        id_parameter: query parameter with the id of a new resource.
        id_field: field of the body with the id (its last segment counts); with neither the
            service makes the id.
        id_pattern: what an id must match.
        complete: fills in what the service adds, at creation.
        check: refuses what the API refuses, before a write; gets old (or ``None``) and new.
        immutable: fields that cannot change.
        deletable: whether there is a delete method; the text says why not.
        policy: whether resources have IAM policies of their own.
        operation: type of the response when methods are long-running operations.
        update: HTTP method of the update; PUT replaces.
        by_number: names have the project's number, as Vertex AI's have.
        times: names of the fields with the times of creation and last change.
    """

    context: Context
    version: str
    parent: str
    name: str
    items: str = ""
    id_parameter: str | None = None
    id_field: str | None = None
    id_pattern: str = r"[\w.~+%-]{1,255}"
    complete: Callable[[Record, Request], None] = _keep
    check: Callable[[Record | None, Record], None] = _allow
    immutable: tuple[str, ...] = ()
    deletable: bool | str = True
    policy: bool = False
    operation: str | None = None
    update: str = "PATCH"
    by_number: bool = False
    times: tuple[str | None, str | None] = ("createTime", "updateTime")
    verbs: Mapping[str, Callable[[Record, Request], Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Add the routes."""
        base = f"{self.version}/{self.parent}/{self.name}"
        route = self.context.route
        route("GET", base, self.listing)
        route("POST", base, self.create)
        route("GET", f"{base}/{{id}}", self.get)
        route(self.update, f"{base}/{{id}}", self.patch)
        route("DELETE", f"{base}/{{id}}", self.delete)
        for verb, action in self.verbs.items():
            route("POST", f"{base}/{{id}}:{verb}", self._verb(action))
        if self.policy:
            policies.routes(self.context, f"{base}/{{id}}", self.find)

    @property
    def table(self) -> str:
        """The store's collection, the same for all versions of an API."""
        return f"{self.name} of {_VARIABLE.sub('*', self.parent)}"

    def parent_name(self, request: Request) -> str:
        """The parent's name with the project written one way."""
        variables = dict(request.variables)
        if "project" in variables and variables["project"] != "-":
            convert = self.context.number if self.by_number else self.context.project_id
            variables["project"] = convert(variables["project"])
        return _VARIABLE.sub(lambda match: variables[match[1]], self.parent)

    def resource_name(self, request: Request) -> str:
        return f"{self.parent_name(request)}/{self.name}/{request.variables['id']}"

    def find(self, request: Request) -> Record:
        """The resource a request names.

        Raises:
            ApiError: there is none.
        """
        name = self.resource_name(request)
        record = self.context.store.get(self.table, name)
        if record is None:
            raise not_found(name)
        return record

    def save(self, record: Record, *, moment: str | None = None) -> Record:
        """Write a record and note when."""
        if self.times[1]:
            record[self.times[1]] = moment or now()
        self.context.store.put(self.table, record["name"], record)
        return record

    def _new_id(self, request: Request, given: Record) -> str:
        if self.id_parameter:
            identifier = request.query.get(self.id_parameter, "")
        elif self.id_field:
            identifier = str(given.get(self.id_field, "")).rsplit("/", 1)[-1]
        else:
            return new_id()
        if not re.fullmatch(self.id_pattern, identifier):
            source = self.id_parameter or self.id_field
            raise invalid(f"Invalid {source} {identifier!r}: it must match {self.id_pattern}.")
        return identifier

    def _created(self, request: Request, given: Record) -> Record:
        with self.context.store.transaction():
            identifier = self._new_id(request, given)
            name = f"{self.parent_name(request)}/{self.name}/{identifier}"
            if self.context.store.get(self.table, name) is not None:
                raise already_exists(name)
            record: Record = {**given, "name": name}
            moment = now()
            if self.times[0]:
                record[self.times[0]] = moment
            self.complete(record, request)
            self.check(None, record)
            return self.save(record, moment=moment)

    def create(self, request: Request) -> Record:
        record = self._created(request, request.json())
        return self._answer(request, record)

    def _answer(self, request: Request, record: Record) -> Record:
        shown = visible(record)
        if self.operation is None:
            return shown
        return self.context.operations.start(
            self._operations(request, record), lambda: shown, response_type=self.operation
        )

    def _operations(self, request: Request, record: Record) -> str:
        return f"{self.parent_name(request)}/operations"

    def get(self, request: Request) -> Record:
        return visible(self.find(request))

    def listing(self, request: Request) -> Record:
        found = self.all(request)
        expression = request.query.get("filter", "")
        if expression:
            found = [record for record in found if matches(record, expression)]
        return page(request, self.items or self.name, [visible(record) for record in found])

    def all(self, request: Request) -> list[Record]:
        """The parent's resources, by name."""
        prefix = f"{self.parent_name(request)}/{self.name}/"
        return [record for _, record in self.context.store.find(self.table, prefix)]

    def patch(self, request: Request) -> Record:
        given = request.json()
        return self._answer(request, self.changed(request, given, masked(request)))

    def changed(self, request: Request, given: Record, mask: list[list[str]] | None) -> Record:
        """Update a resource with what is given."""
        with self.context.store.transaction():
            old = self.find(request)
            record = self.find(request)
            if self.update == "PUT":
                kept = {k: v for k, v in old.items() if k in ("name", self.times[0]) or k[0] == "_"}
                record = {**kept, **given, "name": old["name"]}
            else:
                apply_mask(record, {**given, "name": old["name"]}, mask)
            for name in self.immutable:
                if record.get(name) != old.get(name):
                    if name in given and given[name] != old.get(name):
                        raise invalid(f"Field {name!r} of {old['name']} is immutable.")
                    if name in old:
                        record[name] = old[name]
            self.check(old, record)
            return self.save(record)

    def delete(self, request: Request) -> Record:
        record = self.find(request)
        if self.deletable is not True:
            reason = self.deletable or f"{self.name} cannot be deleted."
            raise ApiError("UNIMPLEMENTED", str(reason))
        self.context.store.delete(self.table, record["name"])
        if self.operation is None:
            return {}
        return self.context.operations.start(
            self._operations(request, record),
            dict,
            response_type="google.protobuf.Empty",
        )

    def _verb(self, action: Callable[[Record, Request], Any]) -> Callable[[Request], Any]:
        return lambda request: action(self.find(request), request)


def visible(record: Record) -> Record:
    """A record without what only the sandbox needs."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def new_uuid() -> str:
    """An id for APIs that use UUIDs."""
    return str(uuid.uuid4())
