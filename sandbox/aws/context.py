"""What an extension of the AWS sandbox is given, and how it adds operations.

A service package defines ``install(context: Context) -> None`` and is listed in
``sandbox.aws.server.EXTENSIONS``. In it::

    def update_job(call: Call) -> dict[str, object]:
        ...                                     # call.params, call.region, call.account
        return {"JobName": ...}                 # serialised by botocore's output shape

    def install(context: Context) -> None:
        context.operation("glue", "UpdateJob", update_job)

An operation replaces moto's own of the same name; ``call.original()`` runs moto's. To refuse,
raise :class:`Refusal` (or any of moto's ``ServiceException``) with the cloud's own error code.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse

from sandbox.jobs import JobRunner
from sandbox.state import StateDirectory

if TYPE_CHECKING:
    from sandbox.aws.snapshot import Snapshots

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[Environ, StartResponse], Iterable[bytes]]


class Refusal(ServiceException):
    """An error answer: ``Refusal("ResourceNotFound", "Could not find ...")``.

    The HTTP status is that of the error's shape in botocore, else 400.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request for one operation.

    ``service`` is boto3's name (``"sagemaker"``), ``params`` the parsed input with the names of
    the API (``{"TrainingJobName": ...}``, timestamps as ``datetime``).
    """

    service: str
    operation: str
    params: dict[str, Any]
    region: str
    account: str
    response: BaseResponse
    original: Callable[[], Any]


Operation = Callable[[Call], object]


@dataclass(kw_only=True)
class Context:
    """The running sandbox, as its extensions see it.

    Attributes:
        state: paths in the state directory.
        endpoint_url: ``http://127.0.0.1:PORT`` of this sandbox's AWS.
        jobs: runs work with a limit on how much runs at once (see :mod:`sandbox.jobs`).
        snapshots: tables that survive restarts; see :meth:`table` and :meth:`changed`.
        stopping: set when the sandbox stops; background loops wait on it.
    """

    state: StateDirectory
    endpoint_url: str
    jobs: JobRunner
    snapshots: "Snapshots"
    stopping: threading.Event = field(default_factory=threading.Event)
    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    routes: list[tuple[Callable[[Environ], bool], WsgiApplication]] = field(default_factory=list)
    start_hooks: list[Callable[[], None]] = field(default_factory=list)
    stop_hooks: list[Callable[[], None]] = field(default_factory=list)
    reports: list[Callable[[], list[str]]] = field(default_factory=list)

    def operation(self, service: str, name: str, handler: Operation) -> None:
        """Answer ``service``'s operation ``name`` (``"CreateTrainingJob"``) with ``handler``.

        The service may be one that moto lacks altogether: then all its operations come from here.
        """
        if (service, name) in self.operations:
            raise ValueError(f"{service}:{name} is registered twice")
        self.operations[(service, name)] = handler

    def route(self, matches: Callable[[Environ], bool], application: WsgiApplication) -> None:
        """Answer requests for which ``matches`` is true directly, before moto sees them."""
        self.routes.append((matches, application))

    def table(self, name: str) -> dict[str, Any]:
        """A dictionary of picklable values that survives restarts.

        Values must be data (dataclasses, dictionaries, datetimes), not threads or processes.
        Call ``changed()`` after a change that no request made.
        """
        return self.snapshots.table(name)

    def changed(self, *services: str) -> None:
        """Say that tables, and backends of the named moto packages, changed in the background."""
        self.snapshots.touch("tables", *services)

    def on_start(self, hook: Callable[[], None]) -> None:
        """Run ``hook`` once the state is loaded and the server listens."""
        self.start_hooks.append(hook)

    def on_stop(self, hook: Callable[[], None]) -> None:
        """Run ``hook`` at a graceful stop, before the last snapshot; hooks run in reverse."""
        self.stop_hooks.append(hook)

    def report(self, lines: Callable[[], list[str]]) -> None:
        """Add lines to ``sandbox status``."""
        self.reports.append(lines)

    def every(self, seconds: float, name: str, work: Callable[[], None]) -> None:
        """Run ``work`` repeatedly in its own thread until the sandbox stops."""
        import logging

        def loop() -> None:
            while not self.stopping.wait(seconds):
                try:
                    work()
                except Exception:
                    logging.getLogger(__name__).exception("background work %s failed", name)

        def start() -> None:
            threading.Thread(target=loop, name=name, daemon=True).start()

        self.on_start(start)

    def client(self, service: str, region: str) -> Any:
        """A boto3 client for this sandbox (cached): for S3 transfers and other services' calls."""
        from sandbox.aws.clients import client

        return client(self.endpoint_url, service, region)
