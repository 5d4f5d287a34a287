"""Serves a :class:`~plugin.provider.Provider` to the engine over gRPC.

:func:`run` is for a plugin program that the engine starts; :func:`attach` for a server the engine
is pointed at with ``PULUMI_DEBUG_PROVIDERS=name:port``.
"""

import os
import signal
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any, Final, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
)

from plugin.handler import Difference, InitializationFailedError, ResourceFailedError, root_of
from plugin.provider import Context, Provider
from plugin.values import from_struct, to_struct

_MESSAGE_LIMIT: Final = 400 * 1024 * 1024  # the engine's own limit
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
    ("grpc.max_send_message_length", _MESSAGE_LIMIT),
)
# Operations that wait hold a thread each; the engine runs as many at once as `--parallel` says.
_THREADS: Final = 128
# Connections remembered at once; an engine that has gone leaves its entry behind.
_SESSIONS: Final = 64
_SEVERITY: Final = {
    "info": engine_pb2.LogSeverity.INFO,
    "warning": engine_pb2.LogSeverity.WARNING,
    "error": engine_pb2.LogSeverity.ERROR,
}
_Response = TypeVar("_Response")


class _Session:
    """One connection: an engine, its wish to stop, and the provider it configured.

    The engine opens a connection per provider of a program, so a program's two regions, and two
    engines at work on one attached server, stay apart.
    """

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.configuration: Any = None
        self._channel: grpc.Channel | None = None
        self._engine: engine_pb2_grpc.EngineStub | None = None

    def connect(self, engine_address: str) -> None:
        """Opens the way for log lines to the engine."""
        if not engine_address:
            return
        self.close()
        self._channel = grpc.insecure_channel(engine_address, options=_OPTIONS)
        self._engine = engine_pb2_grpc.EngineStub(self._channel)

    def close(self) -> None:
        """Ends the way to the engine."""
        if self._channel is not None:
            self._channel.close()
        self._channel = self._engine = None

    def log(self, urn: str, message: str, severity: str, passing: bool) -> None:
        """Sends one line about the resource ``urn`` to the engine, if one listens."""
        engine = self._engine
        if engine is None:
            return
        line = engine_pb2.LogRequest(
            severity=_SEVERITY[severity], message=message, urn=urn, ephemeral=passing
        )
        try:
            engine.Log(line, timeout=5)
        except (grpc.RpcError, ValueError):
            # The engine is gone: the operation's own result will say what matters.
            self._engine = None


class _Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Translates each call of the protocol into one call of a handler."""

    def __init__(self, provider: Provider, engine_address: str = "") -> None:
        self._provider = provider
        self._engine_address = engine_address
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()

    def _session(self, context: grpc.ServicerContext) -> "_Session":
        """What belongs to the connection this call came on."""
        peer = str(context.peer())
        with self._lock:
            session = self._sessions.get(peer)
            if session is None:
                session = self._sessions[peer] = _Session()
                session.connect(self._engine_address)
                if len(self._sessions) > _SESSIONS:
                    self._sessions.popitem(last=False)[1].close()
            self._sessions.move_to_end(peer)
            return session

    def cancel_all(self) -> None:
        """Has everything that waits stop waiting."""
        with self._lock:
            for session in self._sessions.values():
                session.cancelled.set()

    def Attach(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._session(context).connect(request.address)
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._session(context).connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self._session(context).cancelled.set()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        # Nothing a provider is configured with moves resources: the region is an input of each.
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        def configure() -> Any:
            session = self._session(context)
            session.configuration = self._provider.configure(from_struct(request.args))
            return provider_pb2.ConfigureResponse(supportsPreview=True)

        return self._answer(context, configure)

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        def invoke() -> Any:
            configuration = self._session(context).configuration
            result = self._provider.invoke(request.tok, from_struct(request.args), configuration)
            response = provider_pb2.InvokeResponse()
            # The field's name is a keyword of Python.
            getattr(response, "return").CopyFrom(to_struct(result))
            return response

        return self._answer(context, invoke)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        def check() -> Any:
            handler = self._provider.handler_for(request.urn)
            inputs, failures = handler.check(
                self._context(request, context),
                from_struct(request.olds),
                from_struct(request.news),
            )
            return provider_pb2.CheckResponse(
                inputs=to_struct(inputs),
                failures=[
                    provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
                    for failure in failures
                ],
            )

        return self._answer(context, check)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        def diff() -> Any:
            handler = self._provider.handler_for(request.urn)
            difference = handler.diff(
                self._context(request, context),
                request.id,
                from_struct(request.old_inputs),
                from_struct(request.news),
            )
            return _diff_response(difference)

        return self._answer(context, diff)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        def create() -> Any:
            handler = self._provider.handler_for(request.urn)
            inputs = from_struct(request.properties)
            if request.preview:
                outputs = handler.preview_create(inputs)
                return provider_pb2.CreateResponse(properties=to_struct(outputs))
            resource_id, outputs = handler.create(self._context(request, context), inputs)
            return provider_pb2.CreateResponse(
                id=resource_id, properties=to_struct({**inputs, **outputs})
            )

        return self._answer(context, create)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        def read() -> Any:
            handler = self._provider.handler_for(request.urn)
            inputs = from_struct(request.inputs)
            state = handler.read(
                self._context(request, context), request.id, from_struct(request.properties), inputs
            )
            if state is None:
                return provider_pb2.ReadResponse()
            kept = inputs if state.inputs is None else state.inputs
            return provider_pb2.ReadResponse(
                id=state.id,
                properties=to_struct({**kept, **state.outputs}),
                inputs=to_struct(kept),
            )

        return self._answer(context, read)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        def update() -> Any:
            handler = self._provider.handler_for(request.urn)
            old, new = from_struct(request.olds), from_struct(request.news)
            if request.preview:
                outputs = handler.preview_update(old, new)
            else:
                outputs = handler.update(self._context(request, context), request.id, old, new)
            return provider_pb2.UpdateResponse(properties=to_struct({**new, **outputs}))

        return self._answer(context, update)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        def delete() -> Any:
            handler = self._provider.handler_for(request.urn)
            handler.delete(
                self._context(request, context), request.id, from_struct(request.properties)
            )
            return empty_pb2.Empty()

        return self._answer(context, delete)

    def _context(self, request: Any, context: grpc.ServicerContext) -> Context:
        session = self._session(context)
        urn = request.urn

        shown = ""

        def log(message: str, severity: str, passing: bool) -> None:
            nonlocal shown
            # A status that stays the same is news once only, however often a handler looks.
            if not passing or message != shown:
                session.log(urn, message, severity, passing)
            shown = message if passing else shown

        return Context(
            urn=urn,
            name=urn.split("::")[-1],
            timeout=getattr(request, "timeout", 0.0),
            random_seed=getattr(request, "randomSeed", b""),
            cancelled=session.cancelled,
            log=log,
            old_inputs=from_struct(getattr(request, "old_inputs", None)),
            peer=str(context.peer()),
            configuration=session.configuration,
        )

    def _answer(self, context: grpc.ServicerContext, answer: Callable[[], _Response]) -> _Response:
        try:
            return answer()
        except InitializationFailedError as error:
            context.abort_with_status(_partial_failure(error))
        except ResourceFailedError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001 - told to the user, whom no stack trace helps
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")


def run(provider: Provider) -> None:
    """Serves ``provider`` as a plugin program: prints the port, ends when the engine says so.

    A killed engine says nothing. Then the process ends at once, in the middle of whatever waits:
    the next update takes up what is under way, and nobody is left to hear of a clean end.
    """
    parent = os.getppid()
    servicer = _Servicer(provider, sys.argv[1] if len(sys.argv) > 1 else "")
    server, port = _start(servicer, 0)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not done.wait(1):
        if os.getppid() != parent:
            os._exit(1)
    servicer.cancel_all()
    server.stop(grace=1).wait()


def attach(provider: Provider, port: int = 0) -> tuple[grpc.Server, int]:
    """Serves ``provider`` on 127.0.0.1 for an engine that attaches; keep the server referenced."""
    return _start(_Servicer(provider), port)


def _start(servicer: _Servicer, port: int) -> tuple[grpc.Server, int]:
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    if not bound:
        raise OSError(f"port {port} of 127.0.0.1 is in use")
    server.start()
    return server, bound


def _diff_response(difference: Difference) -> Any:
    kinds = provider_pb2.PropertyDiff
    detailed = {}
    for path, kind in difference.changed.items():
        name = f"{kind.upper()}_REPLACE" if path in difference.replaces else kind.upper()
        detailed[path] = kinds(kind=getattr(kinds, name), inputDiff=True)
    response = provider_pb2.DiffResponse
    return response(
        changes=response.DIFF_SOME if difference.changed else response.DIFF_NONE,
        replaces=sorted(difference.replaces),
        diffs=sorted({root_of(path) for path in difference.changed}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=difference.delete_before_replace and bool(difference.replaces),
    )


def _partial_failure(error: InitializationFailedError) -> Any:
    """The status with which the engine keeps a half-made resource in its state."""
    outputs: Mapping[str, Any] = error.outputs
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.resource_id, properties=to_struct(outputs), reasons=[str(error)]
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=str(error), details=[detail])

    class _Status(grpc.Status):
        pass

    result = _Status()
    result.code = code
    result.details = str(error)
    result.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    return result
