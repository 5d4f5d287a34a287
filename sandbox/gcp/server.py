"""The GCP wire server: every API on one port of 127.0.0.1, told apart by path."""

import importlib
import logging
import os
import shutil
import socket
import threading
import time
from typing import Any

from sandbox.errors import PortError
from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError
from sandbox.gcp.operations import Operations
from sandbox.gcp.store import Store
from sandbox.gcp.wire import Application, Request, Response
from sandbox.jobs import JobRunner
from sandbox.state import StateDirectory

# Modules with an ``install`` function, in this order.
SERVICES = (
    "sandbox.gcp.credentials",
    "sandbox.gcp.storage",
    "sandbox.gcp.recorded",
    "sandbox.gcp.vertex",
    "sandbox.gcp.transfer",
)

HOST = "127.0.0.1"
HEALTH_PATH = "/_sandbox/health"
ACTIVITY_PATH = "/_sandbox/activity"
START_SECONDS = 20.0

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
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError as error:
            self._socket.close()
            store.close()
            raise PortError(f"port {port} of {HOST} is taken ({error})") from error
        self.port: int = self._socket.getsockname()[1]
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
        self._application = Application(self.handle, incoming)
        self._server: Any = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        import uvicorn

        config = uvicorn.Config(
            self._application,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=90,
            timeout_graceful_shutdown=2,
            backlog=512,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="gcp", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise PortError(f"the GCP server does not start on port {self.port}")
            time.sleep(0.005)
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
        for hook in reversed(self.context.stop_hooks):
            try:
                hook()
            except Exception:
                log.exception("a stop hook failed")
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
        self._socket.close()
        self._application.close()
        self.context.store.close()

    def handle(self, request: Request) -> Response:
        """Answer one request; also used for the parts of a batch."""
        try:
            return self._answer(request)
        except ApiError as error:
            return Response.of_error(_in_form(error, request))
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
