"""Values as the protocol carries them, and as handlers see them.

Handlers see plain Python: ``None``, ``bool``, ``int``, ``float``, ``str``, ``list``, ``dict``. A
value that is not known before an update stands as :data:`UNKNOWN`. Assets stay the tagged
dictionaries of the protocol, so that they travel back into the state as they came.

Source: the special signatures in pulumi's ``sdk/go/common/resource/properties.go``.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from google.protobuf import struct_pb2

# Tags of the protocol, the same for everybody.
SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"  # pragma: allowlist secret
ASSET_SIGNATURE: Final = "c44067f5952c0a294b673a41bacd8c17"  # pragma: allowlist secret
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 # pragma: allowlist secret
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"  # pragma: allowlist secret
_UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # pragma: allowlist secret


class _Unknown:
    """The type of :data:`UNKNOWN`; equal to nothing but itself."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> "_Unknown":
        return self


UNKNOWN: Final = _Unknown()
"""Stands for a value that a preview cannot know."""


def from_struct(struct: struct_pb2.Struct | None) -> dict[str, Any]:
    """The properties of a request as plain Python; ``{}`` for none."""
    return {} if struct is None else {k: _load(v) for k, v in struct.fields.items()}


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain Python as the properties of a response.

    Raises:
        TypeError: for a value of a type that the protocol does not carry.
    """
    struct = struct_pb2.Struct()
    for key, value in values.items():
        struct.fields[key].CopyFrom(_dump(value, key))
    return struct


def contains_unknown(value: object) -> bool:
    """Whether ``value`` is, or holds at any depth, :data:`UNKNOWN`."""
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(item) for item in value)
    return value is UNKNOWN


def asset_bytes(value: Mapping[str, Any]) -> bytes:
    """The content of an asset property.

    Raises:
        ValueError: when ``value`` is no file or text asset.
        OSError: when the asset's file cannot be read.
    """
    if value.get(SIGNATURE_KEY) != ASSET_SIGNATURE:
        raise ValueError("not an asset: expected a pulumi.FileAsset or pulumi.StringAsset")
    if value.get("text") is not None and not value.get("path"):
        return str(value["text"]).encode()
    if value.get("path"):
        return Path(str(value["path"])).read_bytes()
    raise ValueError("an asset by URI is not supported: use pulumi.FileAsset or StringAsset")


def _load(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN_TEXT else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if math.isfinite(number) and number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_load(item) for item in value.list_value.values]
    if kind == "struct_value":
        fields = value.struct_value.fields
        signature = fields[SIGNATURE_KEY].string_value if SIGNATURE_KEY in fields else ""
        if signature in (SECRET_SIGNATURE, OUTPUT_SIGNATURE):
            # The engine keeps secrets secret for providers that do not take them, and sends
            # outputs only to those that ask: unwrapping here is for robustness.
            return _load(fields["value"]) if "value" in fields else UNKNOWN
        return {k: _load(v) for k, v in fields.items()}
    return None


def _dump(value: Any, path: str) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NullValue.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=_UNKNOWN_TEXT)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=float(value))
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Mapping):
        inner = struct_pb2.Struct()
        for key, item in value.items():
            inner.fields[str(key)].CopyFrom(_dump(item, f"{path}.{key}"))
        return struct_pb2.Value(struct_value=inner)
    if isinstance(value, list | tuple):
        items = [_dump(item, f"{path}[{index}]") for index, item in enumerate(value)]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    raise TypeError(f"property {path}: cannot carry a {type(value).__name__}")
