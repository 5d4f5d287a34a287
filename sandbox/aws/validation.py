"""Input checks from botocore's own shapes, worded as AWS words them.

SDKs check required members and types before sending; the cloud also checks lengths, ranges,
patterns and enums, for every client.
"""

import functools
import re
from typing import Any

import botocore.loaders
import botocore.model

from sandbox.aws.context import Refusal


@functools.cache
def _service_model(service: str) -> botocore.model.ServiceModel:
    loader = botocore.loaders.Loader()
    return botocore.model.ServiceModel(loader.load_service_model(service, "service-2"), service)


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        # A few of AWS's patterns use syntax only Java has.
        return None


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _length_errors(size: int, metadata: dict[str, Any]) -> list[str]:
    errors = []
    if size < metadata.get("min", 0):
        errors.append(f"Member must have length greater than or equal to {metadata['min']}")
    if "max" in metadata and size > metadata["max"]:
        errors.append(f"Member must have length less than or equal to {metadata['max']}")
    return errors


def _range_errors(value: float, metadata: dict[str, Any]) -> list[str]:
    errors = []
    if "min" in metadata and value < metadata["min"]:
        errors.append(f"Member must have value greater than or equal to {metadata['min']}")
    if "max" in metadata and value > metadata["max"]:
        errors.append(f"Member must have value less than or equal to {metadata['max']}")
    return errors


def _string_errors(value: str, shape: botocore.model.Shape) -> list[str]:
    metadata = shape.metadata
    if metadata.get("enum"):
        if value not in metadata["enum"]:
            allowed = ", ".join(metadata["enum"])
            return [f"Member must satisfy enum value set: [{allowed}]"]
        return []
    errors = _length_errors(len(value), metadata)
    pattern = _pattern(metadata["pattern"]) if "pattern" in metadata else None
    if pattern is not None and not pattern.fullmatch(value):
        errors.append(f"Member must satisfy regular expression pattern: {metadata['pattern']}")
    return errors


def _check(value: Any, shape: Any, path: str, found: list[str]) -> None:
    def report(errors: list[str]) -> None:
        shown = value if isinstance(value, str | int | float) else "..."
        found.extend(
            f"Value '{shown}' at '{path}' failed to satisfy constraint: {error}" for error in errors
        )

    match shape.type_name:
        case "structure":
            for name in shape.required_members:
                if value.get(name) is None:
                    member = f"{path}.{_camel(name)}" if path else _camel(name)
                    found.append(
                        f"Value null at '{member}' failed to satisfy constraint: "
                        "Member must not be null"
                    )
            for name, member_shape in shape.members.items():
                if value.get(name) is not None:
                    member = f"{path}.{_camel(name)}" if path else _camel(name)
                    _check(value[name], member_shape, member, found)
        case "list":
            report(_length_errors(len(value), shape.metadata))
            for number, item in enumerate(value, 1):
                _check(item, shape.member, f"{path}.{number}.member", found)
        case "map":
            report(_length_errors(len(value), shape.metadata))
            for key, item in value.items():
                _check(key, shape.key, f"{path}.key", found)
                _check(item, shape.value, f"{path}.{key}.member", found)
        case "string":
            report(_string_errors(str(value), shape))
        case "integer" | "long" | "float" | "double":
            report(_range_errors(value, shape.metadata))


def validate(service: str, operation: str, params: dict[str, Any]) -> None:
    """Check the whole input of an operation.

    Raises:
        Refusal: ``ValidationException`` that lists every violation.
    """
    shape = _service_model(service).operation_model(operation).input_shape
    found: list[str] = []
    if shape is not None:
        _check(params, shape, "", found)
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise Refusal(
            "ValidationException",
            f"{len(found)} validation {noun} detected: {'; '.join(found)}",
        )
