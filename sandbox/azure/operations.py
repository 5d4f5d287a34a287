"""Asynchronous operations: begun by a request, worked on in a thread, polled by clients.

Each is kept, so that one which a restart interrupted goes on after it.
"""

import logging
import threading
import uuid
from typing import Any, Final

from sandbox.azure.context import Context, now
from sandbox.azure.errors import ApiError, not_found
from sandbox.azure.ids import ResourceId, parse
from sandbox.azure.resource_type import Call
from sandbox.azure.resources import visible
from sandbox.store import Record
from sandbox.wire import Request, Response

COLLECTION: Final = "operations"
RETRY_AFTER: Final = "1"
SETTLE: Final = "settle"
DELETE: Final = "delete"

log = logging.getLogger(__name__)


class InterruptedBySandboxError(Exception):
    """The sandbox stops: the operation goes on when it is started again."""


class Operation:
    """An operation at work.

    Attributes:
        resource: what it is about.
        parameters: what the request said that the work needs.
    """

    def __init__(self, context: Context, record: Record) -> None:
        self.context = context
        self.id = str(record["name"])
        self.resource = parse(record["_resource"])
        self.parameters: Record = record.get("_parameters", {})

    @property
    def record(self) -> Record:
        """The resource as it is now."""
        return self.context.resources.require(self.resource)

    def progress(self, percent: float, **properties: Any) -> None:
        """Tell clients that poll how far it is."""
        with self.context.store.change(COLLECTION, self.id) as record:
            record["percentComplete"] = percent
            record.setdefault("properties", {}).update(properties)

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the sandbox's end.

        Raises:
            InterruptedBySandboxError: the sandbox stops.
        """
        if self.context.stopping.wait(seconds):
            raise InterruptedBySandboxError


class Operations:
    """The operations of all services."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store
        self._active: set[str] = set()
        base = "/subscriptions/{subscription}/providers/{namespace}/locations/{location}"
        context.route("GET", f"{base}/operationStatuses/{{operation}}", self._status)
        context.route("GET", f"{base}/operationResults/{{operation}}", self._result)
        context.route(
            "GET", "/subscriptions/{subscription}/operationresults/{operation}", self._result
        )

    def start(
        self, call: Call, resource: ResourceId, method: str, parameters: Record | None = None
    ) -> Record:
        """Begin an operation.

        Args:
            method: of the resource's type, or :data:`SETTLE`, or :data:`DELETE`.
        """
        name = str(uuid.uuid4())
        location = str(call.new.get("location") or (call.old or {}).get("location") or "global")
        base = f"{self._context.url}/subscriptions/{resource.subscription}"
        place = f"{base}/providers/{resource.namespace}/locations/{location}"
        version = f"?api-version={call.api_version}"
        record: Record = {
            "name": name,
            "status": "InProgress",
            "startTime": now(),
            "_resource": str(resource),
            "_method": method,
            "_parameters": parameters or {},
            "_status": f"{place}/operationStatuses/{name}{version}",
            "_result": f"{place}/operationResults/{name}{version}",
        }
        record["id"] = record["_status"].partition("?")[0].removeprefix(self._context.url)
        self._store.put(COLLECTION, name, record)
        self._begin(record)
        return record

    def headers(self, record: Record, *, location: bool, status: bool = True) -> dict[str, str]:
        """What a client needs to follow an operation."""
        headers = {"retry-after": RETRY_AFTER}
        if status:
            headers["azure-asyncoperation"] = record["_status"]
        if location:
            headers["location"] = record["_result"]
        return headers

    def resume(self) -> None:
        """Go on with what was interrupted."""
        for _, record in self._store.find(COLLECTION):
            if record["status"] == "InProgress":
                self._begin(record)

    def is_busy(self, resource: ResourceId) -> bool:
        """Whether an operation on the resource is at work."""
        return resource.key in self._active

    def _begin(self, record: Record) -> None:
        if record["_method"] in (SETTLE, DELETE):
            self._active.add(record["_resource"].lower())
        name = f"operation {record['name']}"
        threading.Thread(target=self._run, args=(record,), name=name, daemon=True).start()

    def _run(self, record: Record) -> None:
        operation = Operation(self._context, record)
        method = record["_method"]
        outcome: Record = {"status": "Succeeded", "percentComplete": 100}
        try:
            outcome["_answer"] = self._work(operation, method)
        except InterruptedBySandboxError:
            return
        except ApiError as error:
            outcome = {"status": "Failed", "error": error.error()}
        except Exception as error:
            if self._context.stopping.is_set():
                return
            log.exception("%s of %s", method, operation.resource)
            message = f"The sandbox failed ({error}); see `python -m sandbox logs`."
            outcome = {"status": "Failed", "error": {"code": "InternalError", "message": message}}
        with self._store.transaction():
            if method in (SETTLE, DELETE):
                self._provisioned(operation.resource, str(outcome["status"]))
            try:
                with self._store.change(COLLECTION, operation.id) as kept:
                    kept.update(outcome, endTime=now())
            except KeyError:
                log.warning("operation %s ended after its record was gone", operation.id)
            self._active.discard(operation.resource.key)

    def _work(self, operation: Operation, method: str) -> Any:
        kind = self._context.types.require(operation.resource.type)
        if method == DELETE:
            self.erase(operation.resource)
            return None
        return getattr(kind, method)(operation)

    def erase(self, resource: ResourceId) -> None:
        """Delete a resource with all that is in or about it, the innermost first."""
        resources = self._context.resources
        inner = sorted(resources.below(resource), key=lambda item: -item["id"].count("/"))
        own = resources.get(resource)
        going = [*inner, *([own] if own is not None else [])]
        for record in reversed(going):
            kind = self._context.types.find(record["type"])
            if kind is not None:
                kind.departing(record)
        for record in going:
            kind = self._context.types.find(record["type"])
            if kind is not None:
                kind.erase(record)
            resources.drop(record["id"])

    def _provisioned(self, resource: ResourceId, status: str) -> None:
        kind = self._context.types.find(resource.type)
        if kind is None or not kind.provisions:
            return
        try:
            with self._context.resources.change(resource) as record:
                record.setdefault("properties", {})["provisioningState"] = status
        except KeyError:
            pass  # it is deleted

    def find(self, request: Request) -> Record:
        """The operation that a request names.

        Raises:
            ApiError: there is none, or the request has no token.
        """
        self._context.authenticate(request)
        name = request.variables["operation"]
        record = self._store.get(COLLECTION, name)
        if record is None:
            raise not_found(f"The operation '{name}' was not found.", "OperationNotFound")
        return record

    def _status(self, request: Request) -> Response:
        record = self.find(request)
        response = Response.of_json(visible(record))
        if record["status"] == "InProgress":
            response.headers["retry-after"] = RETRY_AFTER
        return response

    def _result(self, request: Request) -> Response:
        record = self.find(request)
        if record["status"] == "InProgress":
            return Response(202, b"", self.headers(record, location=True, status=False))
        if record["status"] == "Failed":
            error = record["error"]
            raise ApiError(409, error["code"], error["message"])
        if record["_method"] == SETTLE:
            resource = parse(record["_resource"])
            kind = self._context.types.require(resource.type)
            found = self._context.resources.require(resource)
            return Response.of_json(visible(kind.shown(found)))
        answer = record.get("_answer")
        if answer is not None:
            return Response.of_json(answer)
        return Response(204 if record["_method"] == DELETE else 200)
