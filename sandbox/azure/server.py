"""The Azure wire server: Resource Manager and the services' own APIs on one TLS port."""

import importlib
import logging
import os
import shutil
import uuid
from collections.abc import Mapping

from sandbox.azure.arm import ResourceManager
from sandbox.azure.blobs.azurite import Azurite
from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError, bad_request
from sandbox.azure.identity import IdentityEndpoint
from sandbox.azure.operations import Operations
from sandbox.azure.resources import Resources
from sandbox.azure.tls import Certificates
from sandbox.azure.tokens import PATH, Tokens
from sandbox.azure.types_registry import Types
from sandbox.jobs import JobRunner
from sandbox.state import StateDirectory
from sandbox.store import Store
from sandbox.wire import Application, MalformedBodyError, Request, Response
from sandbox.wire_server import HOST, WireServer, foreign

# Modules with an ``install`` function, in this order.
SERVICES = (
    "sandbox.azure.metadata",
    "sandbox.azure.types",
    "sandbox.azure.names",
    "sandbox.azure.key_vault_keys",
    "sandbox.azure.ml",
    "sandbox.azure.aci",
)

HEALTH_PATH = "/_sandbox/health"

log = logging.getLogger(__name__)


class AzureServer:
    """Azure's cloud with its state, jobs and services."""

    def __init__(self, state: StateDirectory, ports: Mapping[str, int], *, jobs: JobRunner) -> None:
        """Bind the ports and open the state.

        Args:
            ports: by name: ``azure``, ``azure.identity``, ``azure.blob``.

        Raises:
            PortError: something else listens there.
            StateError: the saved state cannot be read.
        """
        directory = state.root / "azure"
        directory.mkdir(mode=0o700, exist_ok=True)
        incoming = directory / "incoming"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir()
        store = Store(directory / "state.db")
        try:
            self._server = WireServer("azure", ports["azure"])
            self._identity = WireServer("azure-identity", ports["azure.identity"])
        except BaseException:
            store.close()
            raise
        self.port = self._server.port
        self.context = Context(
            state=state,
            directory=directory,
            url=f"https://{HOST}:{self.port}",
            identity_url=f"http://{HOST}:{self._identity.port}{PATH}",
            store=store,
            jobs=jobs,
            tokens=Tokens(directory),
            certificates=Certificates(directory / "tls"),
        )
        self.context.resources = Resources(store)
        self.context.types = Types()
        self.context.operations = Operations(self.context)
        self.context.blobs = Azurite(self.context, ports["azure.blob"])
        for name in SERVICES:
            importlib.import_module(name).install(self.context)
        self._manager = ResourceManager(self.context)
        self._application = Application("azure", self.handle, _refusal, incoming)
        tokens = IdentityEndpoint(self.context)
        self._token_application = Application("identity", tokens.handle, _refusal, incoming)

    @property
    def ports(self) -> dict[str, int]:
        """The ports in use, by name."""
        blobs = self.context.blobs.port
        return {"azure": self.port, "azure.identity": self._identity.port, "azure.blob": blobs}

    @property
    def client_files(self) -> dict[str, str]:
        """Paths of what a client needs: certificates to trust, what the identity endpoint wants.

        The second is a file, so that no list of ports has a secret in it.
        """
        return {
            "bundle": str(self.context.certificates.bundle),
            "identity_header": str(self.context.tokens.header_file),
        }

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        self._identity.start(self._token_application)
        self._server.start(self._application, certificate=self.context.certificates.server)
        for hook in self.context.start_hooks:
            hook()
        for record in self.context.resources.below(""):
            kind = self.context.types.find(record["type"])
            if kind is not None:
                kind.restored(record)
        self.context.operations.resume()

    def report(self) -> list[str]:
        """Lines for ``sandbox status``."""
        return [line for report in self.context.reports for line in report()]

    def halt(self) -> None:
        """Say that the end is near: nothing new is started from now on."""
        self.context.stopping.set()

    def stop(self) -> None:
        """End what serves, then the servers. Jobs are ended by the runner's owner."""
        self.halt()
        self.context.run_stop_hooks()
        self._server.stop()
        self._identity.stop()
        self._application.close()
        self._token_application.close()
        self.context.store.close()

    def handle(self, request: Request) -> Response:
        """Answer one request, with the ids that Azure gives to each."""
        try:
            response = self._answer(request)
        except ApiError as error:
            response = Response.of_error(error)
        except MalformedBodyError as error:
            message = f"The request content was invalid and could not be deserialized: '{error}'."
            response = Response.of_error(bad_request(message, "InvalidRequestContent"))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            message = "The sandbox failed; see `python -m sandbox logs`."
            response = Response.of_error(ApiError(500, "InternalServerError", message))
        response.headers.setdefault("x-ms-request-id", str(uuid.uuid4()))
        return response

    def _answer(self, request: Request) -> Response:
        if request.path == HEALTH_PATH:
            return Response.of_json({"pid": os.getpid(), "state": str(self.context.state.root)})
        handler = self.context.router.find(request)
        if handler is None:
            return self._manager.answer(request)
        value = handler(request)
        if isinstance(value, Response):
            return value
        return Response.of_json({} if value is None else value)


def _refusal(headers: Mapping[str, str]) -> ApiError | None:
    reason = foreign(headers)
    return None if reason is None else ApiError(403, "Forbidden", reason)
