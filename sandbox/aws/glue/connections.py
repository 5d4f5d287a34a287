"""Connections: moto keeps them but neither changes nor deletes them, and tells half of one."""

import functools
from typing import Any

from moto.glue.models import FakeConnection, GlueBackend, glue_backends

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.paging import page

# The name of a property.
_SECRET = "PASSWORD"  # noqa: S105 # pragma: allowlist secret


def _backend(call: Call) -> GlueBackend:
    return glue_backends[call.account][call.region]


def _find(call: Call, name: str) -> FakeConnection:
    connection: FakeConnection | None = _backend(call).connections.get(name)
    if connection is None:
        raise Refusal("EntityNotFoundException", f"Connection {name} not found.")
    return connection


def _described(call: Call, connection: FakeConnection) -> dict[str, Any]:
    given = dict(connection.connection_input)
    if call.params.get("HidePassword"):
        properties = given.get("ConnectionProperties") or {}
        given["ConnectionProperties"] = {k: v for k, v in properties.items() if k != _SECRET}
    return {
        **given,
        "CreationTime": connection.created_time,
        "LastUpdatedTime": connection.updated_time,
        "Status": connection.status,
    }


def get(call: Call) -> dict[str, object]:
    """One connection, with its type and its place in the network."""
    return {"Connection": _described(call, _find(call, call.params["Name"]))}


def get_all(call: Call) -> dict[str, object]:
    """The connections of a type, or all."""
    wanted = (call.params.get("Filter") or {}).get("ConnectionType")
    found = [
        _described(call, connection)
        for connection in _backend(call).connections.values()
        if wanted in (None, connection.connection_input.get("ConnectionType"))
    ]
    listed, token = page(found, call.params, limit=100)
    return {"ConnectionList": listed, "NextToken": token}


def update(call: Call) -> None:
    """The whole definition is replaced; the name stays."""
    name = call.params["Name"]
    before = _find(call, name)
    given = call.params["ConnectionInput"]
    if given["Name"] != name:
        raise Refusal("InvalidInputException", "A connection cannot be renamed.")
    after = FakeConnection(_backend(call), before.catalog_id, given, {})
    after.created_time = before.created_time
    _backend(call).connections[name] = after


def delete(call: Call) -> None:
    """Its tags go with it."""
    connection = _find(call, call.params["ConnectionName"])
    backend = _backend(call)
    backend.connections.pop(call.params["ConnectionName"])
    backend.tagger.delete_all_tags_for_resource(connection.arn)


def install(context: Context) -> None:
    """Plug the operations in."""
    add = functools.partial(context.operation, "glue")
    add("GetConnection", get)
    add("GetConnections", get_all)
    add("UpdateConnection", update)
    add("DeleteConnection", delete)
