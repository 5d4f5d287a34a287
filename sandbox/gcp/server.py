"""The GCP wire server: every API on one port of 127.0.0.1, told apart by path."""

import importlib
import logging
import os
import shutil
from collections.abc import Mapping

from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError, invalid
from sandbox.gcp.operations import Operations
from sandbox.jobs import JobRunner
from sandbox.state import StateDirectory
from sandbox.store import Store
from sandbox.wire import Application, MalformedBodyError, Request, Response
from sandbox.wire_server import HOST, WireServer, foreign

# Modules with an ``install`` function, in this order.
SERVICES = (
    "sandbox.gcp.credentials",
    "sandbox.gcp.storage",
    "sandbox.gcp.recorded",
    "sandbox.gcp.vertex",
    "sandbox.gcp.transfer",
    "sandbox.gcp.scheduler",
)

HEALTH_PATH = "/_sandbox/health"
ACTIVITY_PATH = "/_sandbox/activity"

log = logging.getLogger(__name__)


class GcpServer:
    """Google's cloud with its state, jobs and services."""

    def __init__(self, state: StateDirectory, port: int, *, jobs: JobRunner, aws_url: str) -> None:
        """Bind the port and open the state.

        Raises:
            PortError: something else listens there.
            StateError: the saved state cannot be read.
        """
        directory = state.root / "gcp"
        directory.mkdir(exist_ok=True)
        incoming = directory / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()
        store = Store(directory / "state.db")
        try:
            self._server = WireServer("gcp", port)
        except BaseException:
            store.close()
            raise
        self.port = self._server.port
        self.context = Context(
            state=state,
            directory=directory,
            url=f"http://{HOST}:{self.port}",
            aws_url=aws_url,
            store=store,
            jobs=jobs,
        )
        self.context.operations = Operations(self.context)
        for name in SERVICES:
            importlib.import_module(name).install(self.context)
        self._application = Application("gcp", self.handle, _refusal, incoming)

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        self._server.start(self._application)
        for hook in self.context.start_hooks:
            hook()

    def report(self) -> list[str]:
        """Lines for ``sandbox status``."""
        return [line for report in self.context.reports for line in report()]

    def halt(self) -> None:
        """Say that the end is near: nothing new is started from now on."""
        self.context.stopping.set()

    def stop(self) -> None:
        """End serving processes, then the server. Jobs are ended by the runner's owner."""
        self.halt()
        self.context.run_stop_hooks()
        self._server.stop()
        self._application.close()
        self.context.store.close()

    def handle(self, request: Request) -> Response:
        """Answer one request; also used for the parts of a batch."""
        try:
            return self._answer(request)
        except ApiError as error:
            return Response.of_error(_in_form(error, request))
        except MalformedBodyError as error:
            refused = invalid(f"Invalid JSON payload received. {error}")
            return Response.of_error(_in_form(refused, request))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            failure = ApiError("INTERNAL", "The sandbox failed; see `python -m sandbox logs`.")
            return Response.of_error(_in_form(failure, request))

    def _answer(self, request: Request) -> Response:
        if request.path == HEALTH_PATH:
            health = {"pid": os.getpid(), "state": str(self.context.state.root)}
            return Response.of_json(health)
        if request.path == ACTIVITY_PATH:
            return Response.of_json(self.report())
        handler = self.context.router.find(request)
        if handler is None:
            raise _unsupported(request, known=self.context.router.knows(request.path))
        value = handler(request)
        if isinstance(value, Response):
            return value
        return Response.of_json({} if value is None else value)


def _refusal(headers: Mapping[str, str]) -> ApiError | None:
    reason = foreign(headers, also=(".googleapis.com",))
    return None if reason is None else ApiError("PERMISSION_DENIED", reason)


def _unsupported(request: Request, *, known: bool) -> ApiError:
    method = f"{request.method} {request.path}"
    if known:
        return ApiError("UNIMPLEMENTED", f"The sandbox does not answer {method}.", status=405)
    return ApiError("UNIMPLEMENTED", f"The sandbox does not support {method}.")


def _in_form(error: ApiError, request: Request) -> ApiError:
    """Older APIs name a reason; it is made from the code when the service gave none."""
    older = request.path.startswith(("/storage/", "/upload/", "/download/", "/compute/", "/batch/"))
    if older and error.reason is None:
        error.reason = {
            "NOT_FOUND": "notFound",
            "ALREADY_EXISTS": "conflict",
            "PERMISSION_DENIED": "forbidden",
            "INTERNAL": "backendError",
            "UNIMPLEMENTED": "notImplemented",
        }.get(error.code, "invalid")
    return error
