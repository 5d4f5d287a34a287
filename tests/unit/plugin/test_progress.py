"""What a handler says while it works, as the engine hears it."""

from concurrent import futures
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from plugin import Context, Handler, Provider, attach
from plugin.handler import Properties

TOKEN = "test:index:Slow"


class Slow(Handler):
    """Looks three times at a status that changes once, and says a lasting line twice."""

    token = TOKEN

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        for status in ("waiting", "waiting", "ready"):
            context.progress(status)
        context.info("line")
        context.info("line")
        return "id", {}

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        """Nothing is left behind."""


class Engine(engine_pb2_grpc.EngineServicer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def Log(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        self.heard.append(request.message)
        return empty_pb2.Empty()


@pytest.fixture
def engine() -> Any:
    server = grpc.server(futures.ThreadPoolExecutor(2))
    heard = Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(heard, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield heard, f"127.0.0.1:{port}"
    server.stop(grace=None).wait()


def test_a_status_is_told_when_it_changes_and_a_line_each_time(engine: Any) -> None:
    heard, address = engine
    server, port = attach(Provider(name="test", version="1.0.0", handlers=[Slow()]))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Attach(plugin_pb2.PluginAttach(address=address))
        stub.Create(provider_pb2.CreateRequest(urn=f"urn:pulumi:s::p::{TOKEN}::slow"))
    server.stop(grace=None).wait()
    assert heard.heard == ["waiting", "ready", "line", "line"]
