"""What an attached server keeps apart: connections, their configuration and interruption."""

from collections.abc import Iterator, Mapping
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from plugin import Context, Handler, Provider, attach
from plugin.handler import InitializationFailedError, Properties
from plugin.values import from_struct, to_struct

TOKEN = "test:index:Thing"
URN = f"urn:pulumi:s::p::{TOKEN}::thing"


class Thing(Handler):
    """Tells what surrounds its operations."""

    token = TOKEN
    immutable = frozenset({"place"})

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        if inputs.get("fails"):
            raise InitializationFailedError("half", resource_id="half", outputs={"kept": True})
        told = {"configuration": context.configuration, "stopped": context.cancelled.is_set()}
        return "id", told

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        return {"old": dict(context.old_inputs)}

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        """Nothing is left behind."""


class Settings(Provider):
    """Keeps its configuration's region."""

    def configure(self, variables: Mapping[str, Any]) -> Any:
        return variables.get("region")

    def invoke(self, token: str, arguments: Mapping[str, Any], configuration: Any) -> Any:
        if token == "test:index:where":
            return {"region": configuration}
        return super().invoke(token, arguments, configuration)


Stub = provider_pb2_grpc.ResourceProviderStub


@pytest.fixture
def stubs() -> Iterator[tuple[Stub, Stub]]:
    """Two connections to one server, configured for two regions."""
    server, port = attach(Settings(name="test", version="1.0.0", handlers=[Thing()]))
    own = (("grpc.use_local_subchannel_pool", 1),)
    channels = [grpc.insecure_channel(f"127.0.0.1:{port}", options=own) for _ in range(2)]
    east, west = (provider_pb2_grpc.ResourceProviderStub(channel) for channel in channels)
    east.Configure(provider_pb2.ConfigureRequest(args=to_struct({"region": "east"})))
    west.Configure(provider_pb2.ConfigureRequest(args=to_struct({"region": "west"})))
    yield east, west
    for channel in channels:
        channel.close()
    server.stop(grace=None).wait()


def _create(stub: Stub, **inputs: Any) -> dict[str, Any]:
    request = provider_pb2.CreateRequest(urn=URN, properties=to_struct(inputs))
    return from_struct(stub.Create(request).properties)


def test_each_connection_keeps_its_configuration(stubs: tuple[Stub, Stub]) -> None:
    assert [_create(stub)["configuration"] for stub in stubs] == ["east", "west"]


def test_a_function_knows_its_connections_configuration(stubs: tuple[Stub, Stub]) -> None:
    answers = [stub.Invoke(provider_pb2.InvokeRequest(tok="test:index:where")) for stub in stubs]
    regions = [from_struct(getattr(answer, "return"))["region"] for answer in answers]
    assert regions == ["east", "west"]


def test_an_interruption_stops_one_connections_operations_only(stubs: tuple[Stub, Stub]) -> None:
    east, west = stubs
    east.Cancel(empty_pb2.Empty())
    assert _create(east)["stopped"]
    assert not _create(west)["stopped"]


def test_an_update_knows_the_last_inputs(stubs: tuple[Stub, Stub]) -> None:
    request = provider_pb2.UpdateRequest(
        id="id",
        urn=URN,
        olds=to_struct({"a": 1, "chosen": 2}),
        old_inputs=to_struct({"a": 1}),
        news=to_struct({"a": 3}),
    )
    assert from_struct(stubs[0].Update(request).properties)["old"] == {"a": 1}


def test_an_unsupported_function_is_named(stubs: tuple[Stub, Stub]) -> None:
    with pytest.raises(grpc.RpcError, match="test:index:no is not supported"):
        stubs[0].Invoke(provider_pb2.InvokeRequest(tok="test:index:no"))


def test_a_half_made_resource_travels_with_its_error(stubs: tuple[Stub, Stub]) -> None:
    with pytest.raises(grpc.RpcError, match="half") as caught:
        _create(stubs[0], fails=True)
    error: Any = caught.value
    trailers = dict(error.trailing_metadata())
    assert b"ErrorResourceInitFailed" in trailers["grpc-status-details-bin"]
