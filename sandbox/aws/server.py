"""The AWS wire server: moto's own application on 127.0.0.1, extended.

How a service package under ``sandbox/aws/`` plugs in: define ``install(context: Context) -> None``
(see :mod:`sandbox.aws.context` for what a context offers) and list the package in
:data:`EXTENSIONS`. ``install`` registers operations, routes, start and stop hooks; it runs once,
before the state is loaded, so it must not read tables. Operations are found by boto3's service
name and the API's operation name, whatever protocol the client speaks.
"""

import functools
import importlib
import json
import logging
import os
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit

# Read by moto at import. A web page must not be able to drive the sandbox, which runs code.
os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")

from moto.backends import list_of_moto_modules
from moto.moto_server.werkzeug_app import (
    BackendRequest,
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.wrappers import Response

from sandbox.aws import blobs, dispatch
from sandbox.aws.context import Context, Environ, StartResponse
from sandbox.aws.http_server import HttpServer
from sandbox.aws.snapshot import Snapshots
from sandbox.errors import PortError
from sandbox.jobs import JobRunner
from sandbox.state import StateDirectory

# Packages with an ``install`` function; a missing one is an error, in this order.
EXTENSIONS = (
    "sandbox.aws.sagemaker",
    "sandbox.aws.athena",
    "sandbox.aws.autoscaling",
    "sandbox.aws.budgets",
    "sandbox.aws.cloudtrail",
    "sandbox.aws.cloudwatch",
    "sandbox.aws.ec2",
    "sandbox.aws.glue",
    "sandbox.aws.guardduty",
    "sandbox.aws.iam",
    "sandbox.aws.kms",
    "sandbox.aws.logs",
    "sandbox.aws.s3",
    "sandbox.aws.savingsplans",
    "sandbox.aws.servicequotas",
    "sandbox.aws.sns",
)

HOST = "127.0.0.1"
HEALTH_PATH = "/_sandbox/health"
ACTIVITY_PATH = "/_sandbox/activity"
_READ_PREFIXES = ("Describe", "Get", "List", "BatchGet", "Head", "Lookup", "Search", "Query")

log = logging.getLogger(__name__)


def _is_local(host: str) -> bool:
    name = (
        host.rsplit(":", 1)[0] if not host.startswith("[") else host.split("]", maxsplit=1)[0] + "]"
    )
    return name in ("127.0.0.1", "localhost", "[::1]") or name.endswith(
        (".localhost", ".127.0.0.1", ".amazonaws.com", ".amazonaws.com.cn")
    )


def _changes_something(environ: Environ) -> bool:
    method = environ["REQUEST_METHOD"]
    if method in ("GET", "HEAD", "OPTIONS"):
        return False
    action = environ.get("HTTP_X_AMZ_TARGET", "").rsplit(".", 1)[-1]
    return not action.startswith(_READ_PREFIXES)


def _answer(start_response: StartResponse, status: str, value: object) -> Iterable[bytes]:
    body = json.dumps(value).encode()
    start_response(
        status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    )
    return [body]


class SandboxApplication:
    """Routes of the extensions first, then services moto lacks, then moto."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        refusal = self._refuse(environ)
        if refusal is not None:
            return _answer(start_response, "403 Forbidden", {"message": refusal})
        if environ["PATH_INFO"] == ACTIVITY_PATH:
            return _answer(start_response, "200 OK", self._activity())
        if environ["PATH_INFO"] == HEALTH_PATH:
            health = {"pid": os.getpid(), "state": str(self._context.state.root)}
            return _answer(start_response, "200 OK", health)
        for matches, application in self._context.routes:
            if matches(environ):
                return application(environ, start_response)
        return self._forward(environ, start_response)

    def _activity(self) -> list[str]:
        jobs = [f"{job.kind} job {job.name}" for job in self._context.jobs.active()]
        return [*jobs, *(line for report in self._context.reports for line in report())]

    @staticmethod
    def _refuse(environ: Environ) -> str | None:
        """A page open in a browser on this machine must not reach the sandbox (DNS rebinding)."""
        host = environ.get("HTTP_HOST", "")
        if host and not _is_local(host):
            return f"the sandbox answers on {HOST} only, not for host {host!r}"
        origin = environ.get("HTTP_ORIGIN")
        if origin and not _is_local(urlsplit(origin).netloc):
            return f"the sandbox does not answer requests from {origin}"
        return None

    def _forward(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        name = "tables"
        try:
            service = _signed_service(environ)
            if service in self._unknown_to_moto:
                return self._extension(service, environ, start_response)
            if service and self._is_unknown(service):
                return _not_supported(service, environ, start_response)
            application = self._moto.get_application(environ)
            name = str(getattr(application, "service", "")).replace("-", "")
            with self._context.snapshots.gate.request():
                return application(environ, start_response)
        except Exception:
            log.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            error = {
                "__type": "InternalFailure",
                "message": "The sandbox failed; see its log (python -m sandbox logs).",
            }
            return _answer(start_response, "500 Internal Server Error", error)
        finally:
            if _changes_something(environ):
                self._context.snapshots.touch("tables", name)

    @functools.cached_property
    def _unknown_to_moto(self) -> set[str]:
        modules = set(list_of_moto_modules())
        services = {service for service, _ in self._context.operations}
        return {service for service in services if service.replace("-", "") not in modules}

    @functools.lru_cache(maxsize=256)  # noqa: B019 - one application lives as long as the process
    def _is_unknown(self, service: str) -> bool:
        known = {name.replace("-", "") for name in list_of_moto_modules()}
        hosts = (f"{service}.us-east-1.amazonaws.com", f"{service}.amazonaws.com")
        return service.replace("-", "") not in known and not any(
            pattern.match(f"https://{host}")
            for _, pattern in self._moto.backend_url_patterns
            for host in hosts
        )

    @staticmethod
    def _extension(
        service: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = BackendRequest(environ)
        response = dispatch.ExtensionResponse(service)
        status, headers, body = response._dispatch(request)  # noqa: SLF001
        headers.pop("status", None)
        return Response(body, status=status, headers=headers)(environ, start_response)


def _not_supported(
    service: str, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    action = environ.get("HTTP_X_AMZ_TARGET", "").rsplit(".", 1)[-1] or environ["PATH_INFO"]
    error = {
        "__type": "NotImplemented",
        "message": f"The sandbox does not support {service}:{action}.",
    }
    return _answer(start_response, "501 Not Implemented", error)


def _signed_service(environ: Environ) -> str:
    """The service in the signature's credential scope, e.g. ``sagemaker``; ``""`` if unsigned."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return scope[-2] if len(scope) >= 5 else ""


class AwsServer:
    """The AWS clouds' server with its state, jobs and extensions."""

    def __init__(self, state: StateDirectory, port: int) -> None:
        """Bind the port.

        Raises:
            PortError: something else listens there.
        """
        self._blobs = blobs.install(state.objects)
        snapshots = Snapshots(state, self._blobs)
        self.context = Context(
            state=state,
            endpoint_url=f"http://{HOST}:{port}",
            jobs=JobRunner(state.jobs),
            snapshots=snapshots,
        )
        dispatch.install(self.context)
        for name in EXTENSIONS:
            importlib.import_module(name).install(self.context)
        try:
            self._server = HttpServer((HOST, port), SandboxApplication(self.context))
        except OSError as error:
            raise PortError(f"port {port} of {HOST} is taken ({error})") from error
        self.port = self._server.port
        self.context.endpoint_url = f"http://{HOST}:{self.port}"
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the state and serve.

        Raises:
            StateError: the saved state cannot be read.
        """
        self.context.snapshots.load()
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="aws-server", daemon=True
        )
        self._thread.start()
        self.context.snapshots.start()
        for hook in self.context.start_hooks:
            hook()

    def stop(self) -> None:
        """End jobs and serving processes, then save. Requests are answered until then."""
        if self._thread is None:
            # The state was not loaded, so it must not be written either.
            self._server.server_close()
            return
        self.context.stopping.set()
        self.context.jobs.stop()
        for hook in reversed(self.context.stop_hooks):
            try:
                hook()
            except Exception:
                log.exception("a stop hook failed")
        self._server.shutdown()
        self._server.server_close()
        self.context.snapshots.stop()
