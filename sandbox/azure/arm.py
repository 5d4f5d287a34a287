"""Azure Resource Manager: the same six verbs for resources of every type."""

import copy
import re
import uuid
from typing import Any, Final

from sandbox.azure import paths
from sandbox.azure.checks import checked, require_surroundings
from sandbox.azure.context import Context, now
from sandbox.azure.environment import SUBSCRIPTION, TENANT
from sandbox.azure.errors import ApiError, bad_request, conflict, not_found
from sandbox.azure.identities import with_principals
from sandbox.azure.ids import GROUPS, SUBSCRIPTIONS, ResourceId, Target, parse_path
from sandbox.azure.locations import LOCATIONS
from sandbox.azure.operations import DELETE, SETTLE
from sandbox.azure.registrations import Registrations
from sandbox.azure.resource_type import Call, Later, ResourceType
from sandbox.azure.resources import missing, visible
from sandbox.azure.tokens import Caller
from sandbox.store import Record
from sandbox.wire import Request, Response

_VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}(-\w+)?")
# What a request cannot set.
_READ_ONLY: Final = ("id", "name", "type", "systemData", "etag")
_BUSY: Final = frozenset({"PUT", "PATCH", "DELETE"})


class ResourceManager:
    """Answers requests below ``/subscriptions`` and ``/providers``."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._registrations = Registrations(context)
        one = "/subscriptions/{subscription}/providers/{namespace}"
        context.route("GET", one, self._one_provider)

    def answer(self, request: Request) -> Response:
        """Answer one request.

        Raises:
            ApiError: it is refused.
        """
        caller = self._context.authenticate(request)
        version = request.query.get("api-version", "")
        if not version:
            raise bad_request(
                "The api-version query parameter (?api-version=) is required for all requests.",
                "MissingApiVersionParameter",
            )
        if not _VERSION.fullmatch(version):
            raise bad_request(
                f"The api-version '{version}' is invalid. It must be of the form YYYY-MM-DD, "
                "with -preview after it where it is one.",
                "InvalidApiVersionParameter",
            )
        target = parse_path(request.path)
        if target is None:
            raise not_found(f"There is nothing at '{request.path}'.", "NotFound")
        if target.collection is not None:
            return self._outside(request, caller, version, target)
        assert target.resource is not None
        if target.resource.type == SUBSCRIPTIONS:
            return self._subscription(request, target.resource)
        return self._resource(self._call(request, caller, version, target.resource))

    # One resource.

    def _call(self, request: Request, caller: Caller, version: str, resource: ResourceId) -> Call:
        old = self._context.resources.get(resource)
        return Call(
            context=self._context,
            request=request,
            caller=caller,
            api_version=version,
            id=resource,
            old=old,
        )

    def _resource(self, call: Call) -> Response:
        kind = self._context.types.require(call.id.type, call.api_version)
        method = call.request.method
        if method in _BUSY and self._context.operations.is_busy(call.id):
            raise conflict(
                f"Another operation on '{call.id}' is in progress. Try again when it has ended.",
                "AnotherOperationInProgress",
            )
        if method == "GET":
            return self._shown(kind, self._existing(call))
        if method == "HEAD":
            return Response(404 if call.old is None else 204)
        if method == "PUT":
            return self._put(kind, call)
        if method == "PATCH" and kind.patchable:
            return self._patch(kind, call)
        if method == "DELETE":
            return self._delete(kind, call)
        raise ApiError(
            405, "MethodNotAllowed", f"{method} is not answered for resources of {kind.type}."
        )

    def _existing(self, call: Call) -> Record:
        if call.old is None:
            require_surroundings(self._context, call.id)
            raise missing(call.id)
        return call.old

    def _shown(self, kind: ResourceType, record: Record, status: int = 200) -> Response:
        response = Response.of_json(self._view(kind, record), status)
        if record.get("_etag"):
            response.headers["etag"] = record["_etag"]
        return response

    def _view(self, kind: ResourceType, record: Record) -> Record:
        shown = visible(kind.shown(copy.deepcopy(record)))
        for path in kind.secret:
            shown = paths.without(shown, path)
        return shown

    def _put(self, kind: ResourceType, call: Call) -> Response:
        if call.id.subscription:
            self._registrations.require(call.id.subscription, kind.type.partition("/")[0])
        body = call.request.json()
        for name in _READ_ONLY:
            body.pop(name, None)
        with self._context.store.transaction():
            call.old = self._context.resources.get(call.id)
            call.new = body
            if kind.makes_parent and call.old is None:
                self._make_parent(call)
            self._write(kind, call, "PUT")
        return self._written(kind, call, "PUT")

    def _make_parent(self, call: Call) -> None:
        parent = call.id.parent
        assert parent is not None
        if self._context.resources.get(parent) is not None:
            return
        kind = self._context.types.require(parent.type)
        around = self._call(call.request, call.caller, call.api_version, parent)
        given = call.new.get("properties") or {}
        shared = {name: given[name] for name in ("dataType",) if name in given}
        around.new = {"properties": shared}
        self._write(kind, around, "PUT")

    def _patch(self, kind: ResourceType, call: Call) -> Response:
        body = call.request.json()
        for name in _READ_ONLY:
            body.pop(name, None)
        with self._context.store.transaction():
            call.old = self._existing(call)
            call.new = paths.merged(call.old, body)
            self._write(kind, call, "PATCH")
        return self._written(kind, call, "PATCH")

    def _write(self, kind: ResourceType, call: Call, method: str) -> None:
        checked(kind, call)
        old, new = call.old, call.new
        identifier = str(old["id"]) if old else str(self._canonical(kind, call.id))
        new.update(id=identifier, name=call.id.name if old is None else old["name"])
        new["type"] = kind.type
        kind.check(call)
        for path, make in kind.generated.items():
            kept = paths.value(old, path) if old else None
            paths.put(new, path, make(call) if kept is None else kept)
        if isinstance(new.get("identity"), dict):
            with_principals(call)
        self._stamp(kind, call)
        kind.complete(call)
        later = method in kind.long_running
        if kind.provisions:
            state = ("Updating" if old else "Creating") if later else "Succeeded"
            call.properties["provisioningState"] = state
        self._context.resources.put(new)

    def _written(self, kind: ResourceType, call: Call, method: str) -> Response:
        kind.stored(call)
        stored = self._context.resources.get(call.id) or call.new
        status = 201 if call.old is None else 200
        if method not in kind.long_running:
            return self._shown(kind, stored, status)
        operation = self._context.operations.start(call, call.id, SETTLE)
        response = self._shown(kind, stored, 202 if method == "PATCH" else status)
        headers = self._context.operations.headers(operation, location=method == "PATCH")
        response.headers.update(headers)
        return response

    def _canonical(self, kind: ResourceType, resource: ResourceId) -> ResourceId:
        """The id with the case that Azure and what exists already have."""
        parent = resource.parent
        known = self._context.resources.get(parent) if parent is not None else None
        if known is None:
            return ResourceId(resource.scope, kind.type, resource.names)
        found = parse_path(str(known["id"]))
        assert found is not None
        assert found.resource is not None
        if len(resource.names) == 1:
            return ResourceId(found.resource, kind.type, resource.names)
        names = (*found.resource.names, resource.name)
        return ResourceId(found.resource.scope, kind.type, names)

    def _stamp(self, kind: ResourceType, call: Call) -> None:
        moment = now()
        who = {"lastModifiedBy": call.caller.object_id, "lastModifiedByType": "Application"}
        if kind.system_data:
            created = {
                "createdBy": call.caller.object_id,
                "createdByType": "Application",
                "createdAt": moment,
            }
            first = (call.old or {}).get("systemData", created)
            call.new["systemData"] = {**first, **who, "lastModifiedAt": moment}
        call.new["_etag"] = f'"{uuid.uuid4()}"'
        if kind.etagged:
            call.new["etag"] = call.new["_etag"]

    def _delete(self, kind: ResourceType, call: Call) -> Response:
        if call.old is None:
            kind.absent(call)
            return Response(204)
        kind.check_deletion(call)
        operations = self._context.operations
        if "DELETE" not in kind.long_running:
            with self._context.store.transaction():
                operations.erase(call.id)
            return Response(200)
        if kind.provisions:
            with self._context.resources.change(call.id) as record:
                record.setdefault("properties", {})["provisioningState"] = "Deleting"
        operation = operations.start(call, call.id, DELETE)
        return Response(202, b"", operations.headers(operation, location=True))

    # Collections and actions.

    def _outside(self, request: Request, caller: Caller, version: str, target: Target) -> Response:
        assert target.collection is not None
        resource = target.resource
        if request.method == "POST" and resource is not None:
            return self._action(self._call(request, caller, version, resource), target)
        if request.method != "GET":
            raise ApiError(405, "MethodNotAllowed", f"{request.method} is not answered there.")
        if resource is None:
            return Response.of_json({"value": [self._subscription_body(SUBSCRIPTION)]})
        known = None if not target.last else self._context.types.find(target.collection)
        early = known is not None and "list" in known.early_actions
        if (
            resource.type != SUBSCRIPTIONS
            and not early
            and self._context.resources.get(resource) is None
        ):
            require_surroundings(self._context, resource)
            raise missing(resource)
        if target.collection in ("", None):
            return self._scope_list(resource, target.last)
        if not target.last:
            return Response.of_json(self._provider(target.collection, resource))
        kind = self._context.types.require(target.collection, version)
        if len(kind.type.split("/")) > 2:
            found = self._context.resources.children(resource, target.last)
        else:
            found = self._context.resources.of_type(kind.type, resource)
        call = self._call(request, caller, version, resource)
        return self._list(found, kind, call)

    def _list(
        self, records: list[Record], kind: ResourceType | None, call: Call | None
    ) -> Response:
        if kind is not None and call is not None:
            records = kind.listing(call, records)
        shown = []
        for record in records:
            own = kind or self._context.types.find(record["type"])
            shown.append(visible(record) if own is None else self._view(own, record))
        return Response.of_json({"value": shown})

    def _scope_list(self, resource: ResourceId, last: str) -> Response:
        """What is asked of a subscription or a resource group as a whole."""
        what = last.lower()
        if what == "resources":
            return self._list(self._top_level(resource), None, None)
        if resource.type == SUBSCRIPTIONS and what == "locations":
            places = [{"name": name, "displayName": name, "type": "Region"} for name in LOCATIONS]
            return Response.of_json({"value": places})
        if resource.type == SUBSCRIPTIONS and what == "providers":
            namespaces = {kind.type.partition("/")[0] for kind in self._context.types.all()}
            return Response.of_json(
                {"value": [self._provider(name, resource) for name in sorted(namespaces)]}
            )
        raise not_found(f"There is nothing at '{resource}/{last}'.", "NotFound")

    def _top_level(self, scope: ResourceId) -> list[Record]:
        return [
            record
            for record in self._context.resources.below(scope)
            if record["type"].count("/") == 1 and "location" in record and record["type"] != GROUPS
        ]

    def _action(self, call: Call, target: Target) -> Response:
        resource = call.id
        verb = target.last.lower()
        if verb in ("register", "unregister") and resource.type == SUBSCRIPTIONS:
            namespace = str(target.collection).partition("/")[0]
            self._registrations.change(resource.name, namespace, registered=verb == "register")
            return Response.of_json(self._provider(namespace, resource))
        if resource.type == SUBSCRIPTIONS:
            name = str(target.collection)
            raise not_found(f"The action '{name}' is not supported by the sandbox.", "NotFound")
        kind = self._context.types.require(resource.type, call.api_version)
        early = target.last.lower() in {name.lower() for name in kind.early_actions}
        call.old = self._context.resources.get(resource) if early else self._existing(call)
        method = {name.lower(): item for name, item in kind.actions.items()}.get(
            target.last.lower()
        )
        if method is None:
            raise bad_request(
                f"The action '{target.last}' of {kind.type} is not supported by the sandbox.",
                "InvalidResourceAction",
            )
        value: Any = getattr(kind, method)(call)
        if isinstance(value, Later):
            operation = self._context.operations.start(
                call, resource, value.method, value.parameters
            )
            headers = self._context.operations.headers(operation, location=True)
            return Response(202, b"", headers)
        if isinstance(value, Response):
            return value
        return Response(200) if value is None else Response.of_json(value)

    def _one_provider(self, request: Request) -> Record:
        self._context.authenticate(request)
        variables = request.variables
        return self._registrations.described(variables["subscription"], variables["namespace"])

    def _provider(self, namespace: str, subscription: ResourceId) -> Record:
        return self._registrations.described(subscription.name, namespace)

    def _subscription(self, request: Request, resource: ResourceId) -> Response:
        if request.method != "GET":
            raise ApiError(405, "MethodNotAllowed", "Subscriptions cannot be changed here.")
        return Response.of_json(self._subscription_body(resource.name))

    def _subscription_body(self, name: str) -> Record:
        return {
            "id": f"/subscriptions/{name}",
            "subscriptionId": name,
            "tenantId": TENANT,
            "displayName": "Trimaran sandbox",
            "state": "Enabled",
        }
