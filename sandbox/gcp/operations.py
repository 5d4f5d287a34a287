"""Long-running operations: made by a service, worked on in a thread, polled by clients."""

import logging
import secrets
import threading
from collections.abc import Callable
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import ApiError, invalid, not_found
from sandbox.router import Request
from sandbox.store import Record

COLLECTION = "operations"
WAIT_SECONDS = 30.0

log = logging.getLogger(__name__)

Work = Callable[[], Record | None]


def new_id() -> str:
    """A number of 19 digits, as Vertex AI's ids are."""
    return str(secrets.randbelow(8 * 10**18) + 10**18)


def _key(name: str) -> str:
    """Operations are found by their last segment, which is theirs alone."""
    return name.rsplit("/", 1)[-1]


class Operations:
    """The operations of all services, under the names of their own APIs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store
        self._finished: dict[str, threading.Event] = {}
        location = "/v1/projects/{project}/locations/{location}/operations"
        # Google's own clients ask for operations under /ui first.
        for prefix in ("/v1", "/v1beta1", "/ui"):
            base = location.replace("/v1", prefix, 1)
            context.route("GET", f"{base}/{{operation}}", self.find)
            context.route("GET", base, self._list)
            context.route("DELETE", f"{base}/{{operation}}", self._delete)
            context.route("POST", f"{base}/{{operation}}:cancel", self._cancel)
            context.route("POST", f"{base}/{{operation}}:wait", self._wait)
            for kind in ("customJobs", "hyperparameterTuningJobs", "models", "endpoints"):
                nested = f"{base.removesuffix('/operations')}/{kind}/{{parent}}/operations"
                context.route("GET", f"{nested}/{{operation}}", self.find)
                context.route("POST", f"{nested}/{{operation}}:cancel", self._cancel)
                context.route("POST", f"{nested}/{{operation}}:wait", self._wait)
            context.route("GET", f"{prefix}/operations/{{operation}}", self.find)
        context.on_start(self._end_interrupted)

    def start(
        self,
        prefix: str,
        work: Work,
        *,
        metadata: Record | None = None,
        response_type: str,
        background: bool = False,
    ) -> Record:
        """Begin an operation and answer it as it is now.

        Args:
            prefix: what its name starts with, e.g. ``projects/1/locations/l/operations``.
            work: does it and returns the response; an ApiError becomes the operation's error.
            metadata: with ``@type``; times are added where Vertex AI has them.
            response_type: type URL of the response, e.g. ``google.protobuf.Empty``.
            background: in a thread. Else it is finished when this returns.
        """
        name = f"{prefix}/{new_id()}"
        record: Record = {"name": name, "done": False}
        if metadata is not None:
            record["metadata"] = metadata
        self._store.put(COLLECTION, _key(name), record)
        self._finished[name] = threading.Event()
        arguments = (name, work, response_type)
        if background:
            threading.Thread(
                target=self._run, args=arguments, name=f"operation {name}", daemon=True
            ).start()
        else:
            self._run(*arguments)
        return self._store.get(COLLECTION, _key(name)) or record

    def _run(self, name: str, work: Work, response_type: str) -> None:
        outcome: dict[str, Any]
        try:
            value = {"@type": f"type.googleapis.com/{response_type}", **(work() or {})}
            outcome = {"response": value}
        except ApiError as error:
            outcome = {"error": {"code": error.number, "message": error.message}}
        except Exception as error:
            log.exception("operation %s", name)
            outcome = {"error": {"code": 13, "message": f"the sandbox failed: {error!r}"}}
        try:
            with self._store.change(COLLECTION, _key(name)) as record:
                record.update(outcome, done=True)
                generic = record.get("metadata", {}).get("genericMetadata")
                if generic is not None:
                    generic["updateTime"] = now()
        except KeyError:
            pass  # deleted while it ran
        event = self._finished.pop(name, None)
        if event is not None:
            event.set()

    def _end_interrupted(self) -> None:
        for name, record in self._store.find(COLLECTION):
            if not record.get("done"):
                message = "the sandbox was stopped while the operation ran"
                record.update(done=True, error={"code": 10, "message": message})
                self._store.put(COLLECTION, name, record)

    def find(self, request: Request) -> Record:
        """The operation a request names, whatever it belongs to.

        Raises:
            ApiError: there is none.
        """
        operation = request.variables["operation"]
        record = self._store.get(COLLECTION, operation)
        if record is None:
            raise not_found(f"Operation {operation}")
        return record

    def _list(self, request: Request) -> Record:
        number = self._context.number(request.variables["project"])
        prefix = f"projects/{number}/locations/{request.variables['location']}/"
        return {
            "operations": [
                record
                for _, record in self._store.find(COLLECTION)
                if record["name"].startswith(prefix)
            ]
        }

    def _delete(self, request: Request) -> Record:
        self.find(request)
        self._store.delete(COLLECTION, request.variables["operation"])
        return {}

    def _cancel(self, request: Request) -> Record:
        if self.find(request)["done"]:
            raise invalid("The operation is already done and cannot be cancelled.")
        return {}

    def _wait(self, request: Request) -> Record:
        event = self._finished.get(self.find(request)["name"])
        if event is not None:
            event.wait(WAIT_SECONDS)
        return self.find(request)
