"""The engine's side of the provider protocol, in plain Python values."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from plugin.values import from_struct, to_struct

_SEEDS = itertools.count()


@dataclass(frozen=True)
class Checked:
    """The checked inputs and the refusals, as ``(property, reason)``."""

    inputs: dict[str, Any]
    failures: list[tuple[str, str]]


@dataclass(frozen=True)
class Diffed:
    """What a diff says."""

    changed: bool
    replaces: list[str]
    diffs: list[str]
    delete_before_replace: bool


@dataclass
class Live:
    """A resource that was created: what the engine's state would hold."""

    token: str
    name: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)


class OperationFailedError(Exception):
    """The provider's error; ``partial`` is what it created all the same."""

    def __init__(self, message: str, partial: Live | None = None) -> None:
        super().__init__(message)
        self.partial = partial


class Engine:
    """Drives one provider server."""

    def __init__(self, port: int, **configuration: Any) -> None:
        # As in the real engine, each configured provider has a connection of its own.
        own = (("grpc.use_local_subchannel_pool", 1),)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=own)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        arguments = {"region": "us-east-1", **configuration}
        self._stub.Configure(provider_pb2.ConfigureRequest(args=to_struct(arguments)))

    def close(self) -> None:
        self._channel.close()

    def info(self) -> str:
        """The provider's version."""
        from google.protobuf import empty_pb2

        return str(self._stub.GetPluginInfo(empty_pb2.Empty()).version)

    def check(
        self, token: str, name: str, new: Mapping[str, Any], old: Mapping[str, Any] | None = None
    ) -> Checked:
        response = self._stub.Check(
            provider_pb2.CheckRequest(
                urn=urn(token, name),
                olds=to_struct(old or {}),
                news=to_struct(new),
                randomSeed=f"seed{next(_SEEDS)}".encode(),
            )
        )
        failures = [(item.property, item.reason) for item in response.failures]
        return Checked(from_struct(response.inputs), failures)

    def diff(self, live: Live, new: Mapping[str, Any]) -> Diffed:
        response = self._stub.Diff(
            provider_pb2.DiffRequest(
                id=live.id,
                urn=urn(live.token, live.name),
                olds=to_struct(live.outputs),
                old_inputs=to_struct(live.inputs),
                news=to_struct(new),
            )
        )
        return Diffed(
            changed=response.changes == provider_pb2.DiffResponse.DIFF_SOME,
            replaces=list(response.replaces),
            diffs=list(response.diffs),
            delete_before_replace=response.deleteBeforeReplace,
        )

    def create(self, token: str, name: str, new: Mapping[str, Any]) -> Live:
        """Checks and creates, as the engine does for a new resource."""
        checked = self.check(token, name, new)
        if checked.failures:
            raise OperationFailedError(str(checked.failures))
        request = provider_pb2.CreateRequest(
            urn=urn(token, name), properties=to_struct(checked.inputs)
        )
        try:
            response = self._stub.Create(request)
        except grpc.RpcError as error:
            raise _failure(error, token, name, checked.inputs) from error
        return Live(token, name, response.id, checked.inputs, from_struct(response.properties))

    def preview(self, token: str, name: str, new: Mapping[str, Any]) -> dict[str, Any]:
        checked = self.check(token, name, new)
        if checked.failures:
            raise OperationFailedError(str(checked.failures))
        response = self._stub.Create(
            provider_pb2.CreateRequest(
                urn=urn(token, name), properties=to_struct(checked.inputs), preview=True
            )
        )
        return from_struct(response.properties)

    def read(self, live: Live) -> Live | None:
        """Refreshes; ``None`` when the resource is gone."""
        response = self._stub.Read(
            provider_pb2.ReadRequest(
                id=live.id,
                urn=urn(live.token, live.name),
                properties=to_struct(live.outputs),
                inputs=to_struct(live.inputs),
            )
        )
        if not response.id:
            return None
        inputs, outputs = from_struct(response.inputs), from_struct(response.properties)
        return Live(live.token, live.name, response.id, inputs, outputs)

    def load(self, token: str, name: str, resource_id: str) -> Live | None:
        """Imports by id alone."""
        return self.read(Live(token, name, resource_id, {}, {}))

    def update(self, live: Live, new: Mapping[str, Any], *, preview: bool = False) -> Live:
        """Checks and updates in place."""
        checked = self.check(live.token, live.name, new, live.inputs)
        if checked.failures:
            raise OperationFailedError(str(checked.failures))
        request = provider_pb2.UpdateRequest(
            id=live.id,
            urn=urn(live.token, live.name),
            olds=to_struct(live.outputs),
            old_inputs=to_struct(live.inputs),
            news=to_struct(checked.inputs),
            preview=preview,
        )
        try:
            response = self._stub.Update(request)
        except grpc.RpcError as error:
            raise _failure(error, live.token, live.name, checked.inputs) from error
        outputs = from_struct(response.properties)
        return Live(live.token, live.name, live.id, checked.inputs, outputs)

    def delete(self, live: Live) -> None:
        request = provider_pb2.DeleteRequest(
            id=live.id,
            urn=urn(live.token, live.name),
            properties=to_struct(live.outputs),
            old_inputs=to_struct(live.inputs),
        )
        try:
            self._stub.Delete(request)
        except grpc.RpcError as error:
            raise _failure(error, live.token, live.name, live.inputs) from error

    def invoke(self, token: str, **arguments: Any) -> dict[str, Any]:
        request = provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments))
        try:
            response = self._stub.Invoke(request)
        except grpc.RpcError as error:
            raise OperationFailedError(str(error.details())) from error
        return from_struct(getattr(response, "return"))


def urn(token: str, name: str) -> str:
    """A URN as the engine makes it, below a component."""
    return f"urn:pulumi:test::project::trimaran:aws:Thing${token}::{name}"


def _failure(error: Any, token: str, name: str, inputs: dict[str, Any]) -> OperationFailedError:
    partial = None
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            detail = provider_pb2.ErrorResourceInitFailed()
            if status.details and status.details[0].Unpack(detail):
                outputs = from_struct(detail.properties)
                partial = Live(token, name, detail.id, inputs, outputs)
    return OperationFailedError(str(error.details()), partial)
