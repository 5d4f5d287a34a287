"""The installed pulumi-azure-native: tokens without file names, enumerations, discriminated unions.

A resource's outputs are the getters of its class, for there is no class of its state as in the
bridged providers.
"""

import ast
import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.plugins.schema import (
    Property,
    ResourceSchema,
    Sdk,
    Type,
    UnknownTokenError,
    snake,
)

_CONSTANT: Final = re.compile(r":param [^\n]*?(\w+): [^:]*?Expected value is '([^']+)'\.")
_GETTER: Final = re.compile(
    r'^    @pulumi\.getter(?:\(name="(\w+)"\))?\n    def (\w+)\(self\) -> pulumi\.Output',
    re.MULTILINE,
)
_ENUM: Final = re.compile(r"^class (\w+)\(_builtins\.str, Enum\):$", re.MULTILINE)
_MEMBER: Final = re.compile(r'^    [A-Z_0-9]+ = "([^"]*)"$', re.MULTILINE)
# Two of Azure's APIs have enumerations of one name, and the SDK kept the other's values.
_MISTAKEN: Final = frozenset({("monitor", "ConditionOperator")})


# Two enumerations of Azure's have one name, and the SDK has the values of one of them only.
# https://learn.microsoft.com/rest/api/monitor/scheduled-query-rules/create-or-update
_SAME_NAME: Final = {
    ("monitor", "ConditionOperator"): frozenset(
        {"Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"}
    )
}


class AzureSdk(Sdk):
    """pulumi-azure-native's types."""

    def api_version(self, token: str) -> str:
        """The version of Azure's API that the SDK's resource stands for.

        Raises:
            UnknownTokenError: the SDK does not say.
        """
        path = self._file(token)
        found = (
            None
            if path is None
            else re.search(r"Uses Azure REST API version (\d{4}-\d\d-\d\d(?:-\w+)?)", _text(path))
        )
        if found is None:
            raise UnknownTokenError(f"{self._title} names no API version of {token}")
        return found[1]

    def _file(self, token: str) -> Path | None:
        parts = token.split(":")
        if len(parts) != 3:
            return None
        path = self.root / parts[1] / f"{snake(parts[2])}.py"
        return path if path.is_file() else None

    def _read(self, token: str) -> ResourceSchema:
        path = self._file(token)
        if path is None or f'"{token}"' not in _text(path):
            raise UnknownTokenError(f"{self._title} has no resource {token}")
        module, name = token.split(":")[1:]
        text = _text(path)
        arguments = f"{name}Args" if f"\nclass {name}Args:" in text else f"{name}InitArgs"
        body = text[text.index(f"\nclass {name}(pulumi.CustomResource):") :]
        outputs = {}
        for match in _GETTER.finditer(body):
            output = match[1] or match[2]
            outputs[output] = Property(output, match[2], Type("json"), required=False)
        return ResourceSchema(
            token=token, inputs=self._parse(path, arguments, module), outputs=outputs
        )

    def constants(self, module: str, class_name: str) -> Mapping[str, str]:
        return _constants(self.root / module / "_inputs.py", class_name, self, module)

    def _generic(self, name: str, inner: ast.expr, module: str) -> Type:
        if name == "Union" and isinstance(inner, ast.Tuple):
            parts = [
                part
                for part in inner.elts
                if not (isinstance(part, ast.Constant) and str(part.value).endswith("ArgsDict"))
            ]
            choices = [self._type(part, module) for part in parts]
            objects = tuple(choice for choice in choices if choice.kind == "object")
            if len(objects) > 1:
                first = objects[0]
                return Type("object", module=first.module, class_name="", choices=objects, sdk=None)
            # Text or a value of an enumeration: what is none of them is a slip.
            enumerated = [choice for choice in choices if choice.allowed]
            return enumerated[0] if enumerated else choices[0]
        return super()._generic(name, inner, module)

    def _named(self, name: str, module: str) -> Type:
        if name.endswith("Args"):
            return super()._named(name, module)
        if (module, name) in _MISTAKEN:
            return Type("string")
        path = self.root / module / "_enums.py"
        values = _enums(path).get(name, frozenset()) if path.is_file() else frozenset()
        values |= _SAME_NAME.get((module, name), frozenset())
        return Type("string", allowed=values)


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def _enums(path: Path) -> Mapping[str, frozenset[str]]:
    """The values of each enumeration of a module."""
    text = _text(path)
    starts = list(_ENUM.finditer(text))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return {
        match[1]: frozenset(_MEMBER.findall(text[match.start() : end]))
        for match, end in zip(starts, ends, strict=True)
    }


@functools.cache
def _constants(path: Path, class_name: str, sdk: AzureSdk, module: str) -> Mapping[str, str]:
    """Properties whose documentation names the one value they have."""
    text = _text(path)
    start = text.index(f"\nclass {class_name}:")
    end = text.find("@pulumi.input_type", start)
    documented = dict(_CONSTANT.findall(text[start : end if end > 0 else len(text)]))
    by_python_name = {
        item.python_name: name for name, item in sdk.object(module, class_name).items()
    }
    return {by_python_name[name]: value for name, value in documented.items()}
