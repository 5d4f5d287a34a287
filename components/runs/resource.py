"""The program's side of a resource of the provider ``trimaran``."""

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class RunResource(pulumi.CustomResource):
    """A resource whose work is done by a handler of the provider ``trimaran``.

    A subclass annotates its outputs in snake_case; on the wire they are camelCase like those of
    every Pulumi provider. Keys *inside* map values are data and travel unchanged, which is why the
    SDK is given type information instead of a name translator (a translator reaches into maps).
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in inspect.get_annotations(cls):
            setattr(cls, name, pulumi.property(camel_case(name)))

    def __init__(
        self,
        token: str,
        name: str,
        args: "DataclassInstance",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(token, name, _properties(type(self), args), opts)


def camel_case(name: str) -> str:
    """``model_data_url`` as it is called on the wire: ``modelDataUrl``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _properties(resource: type[RunResource], args: "DataclassInstance") -> dict[str, Any]:
    """The inputs, with a place for every output, as a type whose names the SDK translates."""
    types = {field.name: field.type for field in fields(args)}
    names = {name: pulumi.property(camel_case(name)) for name in types}
    members = {"__module__": resource.__module__, "__annotations__": types, **names}
    properties: Any = pulumi.input_type(type(f"_{resource.__name__}Inputs", (dict,), members))
    result: dict[str, Any] = properties.__new__(properties)
    result.update(dict.fromkeys(inspect.get_annotations(resource)))
    result.update({name: getattr(args, name) for name in types})
    return result
