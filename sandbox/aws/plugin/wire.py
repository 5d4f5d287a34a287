"""Pulumi's properties as parameters of the cloud's API and back, guided by botocore's shapes.

A property finds its member by name, without regard to case (``instanceType``, ``InstanceType``) and
number (``rules``, ``Rule``); a handler names the few that differ. Where the API has a list of at
most one and Pulumi a single object, or the other way round, the value is wrapped or unwrapped.
"""

import datetime as dt
import functools
import json
from collections.abc import Mapping
from typing import Any

from botocore.model import ServiceModel, Shape, StructureShape

from plugin import UNKNOWN
from sandbox.aws.clients import loader
from sandbox.plugins.checking import UnmappedPropertyError
from sandbox.plugins.schema import Property, Type

Names = Mapping[str, str]
"""Property to API member where the names differ; ``Shape.property`` limits one to a shape."""


@functools.cache
def service_model(service: str) -> ServiceModel:
    """botocore's description of a service."""
    return ServiceModel(loader().load_service_model(service, "service-2"), service)


def input_shape(service: str, operation: str) -> StructureShape:
    """The input of an operation such as ``CreateModel``."""
    shape = service_model(service).operation_model(operation).input_shape
    if not isinstance(shape, StructureShape):
        raise TypeError(f"{service}:{operation} takes no input")
    return shape


def shape(service: str, name: str) -> Any:
    """A shape of a service by its name."""
    return service_model(service).shape_for(name)


def to_wire(value: Any, target: Shape, names: Names, path: str = "") -> Any:
    """A property value as the API takes it; ``None`` and unknown values are left out.

    Raises:
        UnmappedPropertyError: when a nested property has no place in the API.
    """
    if value is UNKNOWN:
        return None
    if target.type_name == "structure":
        if isinstance(value, list):
            wrapper = _only_list(target)
            if wrapper is not None:
                return {wrapper: to_wire(value, target.members[wrapper], names, path)}
            value = value[0] if value else {}
        if not isinstance(value, Mapping):
            raise UnmappedPropertyError(path)
        return _structure_to_wire(value, target, names, path)
    if target.type_name == "list":
        if isinstance(value, Mapping) and _is_pair(target.member):
            label = "name" if "Name" in target.member.members else "key"
            value = [{label: k, "value": v} for k, v in value.items()]
        items = value if isinstance(value, list) else [value]
        member: Shape = target.member
        return [to_wire(item, member, names, path) for item in items if item not in (None, UNKNOWN)]
    if target.type_name == "map":
        if not isinstance(value, Mapping):
            raise UnmappedPropertyError(path)
        inner: Shape = target.value
        return {k: to_wire(v, inner, names, path) for k, v in value.items() if v is not UNKNOWN}
    return _scalar_to_wire(value, target.type_name)


def _only_list(target: Any) -> str | None:
    """The member of a structure that does nothing but hold a list, e.g. Glue's connections."""
    members = list(target.members.items())
    if len(members) == 1 and members[0][1].type_name == "list":
        return str(members[0][0])
    return None


def _is_pair(member: Any) -> bool:
    members = set(member.members) if member.type_name == "structure" else set()
    return members in ({"Key", "Value"}, {"Name", "Value"})


def _structure_to_wire(value: Any, target: Any, names: Names, path: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in value.items():
        where = f"{path}.{key}" if path else key
        member = member_of(target, key, names)
        if member is None:
            raise UnmappedPropertyError(where)
        if item is not None and item is not UNKNOWN:
            result[member] = to_wire(item, target.members[member], names, where)
    return result


def _scalar_to_wire(value: Any, kind: str) -> Any:
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value) if isinstance(value, bool) else str(value)
    if kind in ("integer", "long") and isinstance(value, str | float):
        return int(value)
    if kind in ("double", "float") and isinstance(value, int | str):
        return float(value)
    if kind == "boolean" and isinstance(value, str):
        return value == "true"
    return value


def member_of(target: Any, key: str, names: Names) -> str | None:
    """The member of a structure that a property stands for, or ``None``."""
    for named in (names.get(f"{target.name}.{key}"), names.get(key)):
        if named is not None and named in target.members:
            return named
    folded = _folded(target)
    plain = key.lower()
    singular = plain.removesuffix("s")
    for candidate in (plain, singular, f"{plain}s", f"{plain.removesuffix('ies')}y"):
        if candidate in folded:
            return folded[candidate]
    return None


_FOLDED: dict[int, tuple[Any, dict[str, str]]] = {}


def _folded(target: Any) -> dict[str, str]:
    kept = _FOLDED.get(id(target))
    if kept is None:
        kept = (target, {member.lower().replace("_", ""): member for member in target.members})
        _FOLDED[id(target)] = kept
    return kept[1]


def from_wire(
    answer: Mapping[str, Any], properties: Mapping[str, Property], source: Any, names: Names
) -> dict[str, Any]:
    """An API answer as properties: each one that ``source`` has a member for, ``None`` if unset."""
    result: dict[str, Any] = {}
    for name, found in properties.items():
        member = member_of(source, name, names)
        if member is not None:
            value = answer.get(member)
            inner = source.members[member]
            result[name] = None if value is None else _load(value, found.type, inner, names)
    return result


def _load(value: Any, wanted: Type, source: Any, names: Names) -> Any:
    if wanted.kind == "object":
        if isinstance(value, list):
            if not value:
                return None
            value, source = value[0], source.member
        found = from_wire(value, wanted.properties, source, names)
        return {key: item for key, item in found.items() if item is not None}
    if wanted.kind == "list" and wanted.element is not None:
        wrapper = _only_list(source) if source.type_name == "structure" else None
        if wrapper is not None and isinstance(value, Mapping):
            value, source = value.get(wrapper, []), source.members[wrapper]
        items = value if isinstance(value, list) else [value]
        inner = source.member if source.type_name == "list" else source
        return [_load(item, wanted.element, inner, names) for item in items]
    if wanted.kind == "map" and isinstance(value, list):
        return {str(item.get("Key", item.get("Name"))): item.get("Value", "") for item in value}
    if wanted.kind == "map" and wanted.element is not None:
        element = wanted.element
        return {key: _load(item, element, source.value, names) for key, item in value.items()}
    return _load_scalar(value, wanted)


def _load_scalar(value: Any, wanted: Type) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if wanted.kind in ("string", "json"):
        if isinstance(value, str):
            return value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return json.dumps(value)
    if wanted.kind == "integer":
        return int(value)
    if wanted.kind == "number":
        return float(value)
    if wanted.kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    return value
