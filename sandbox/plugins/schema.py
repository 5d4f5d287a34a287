"""What an installed SDK of a provider takes and gives, read from its source without importing it.

Importing one service package of the SDK costs one to three seconds; finding a resource's classes in
its text costs milliseconds. A resource's module holds ``XArgs`` (inputs) and ``_XState`` (all
outputs); nested types stand in the service's ``_inputs.py``.
"""

import ast
import functools
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["string", "integer", "number", "boolean", "json", "asset", "list", "map", "object"]

_CLASS: Final = re.compile(r"^@pulumi\.input_type\nclass (\w+):$", re.MULTILINE)
_SCALARS: Final[Mapping[str, Kind]] = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
}


class UnknownTokenError(LookupError):
    """The SDK has no resource of this token."""


@dataclass(frozen=True)
class Type:
    """The type of a property; ``json`` takes text or an object that becomes JSON text.

    ``allowed`` are the values of an enumeration, if the SDK says them; ``choices`` the types that
    an object may have, told apart by a property with one value each.
    """

    kind: Kind
    element: "Type | None" = None
    module: str = ""
    class_name: str = ""
    allowed: frozenset[str] = frozenset()
    choices: "tuple[Type, ...]" = ()
    sdk: "Sdk | None" = field(default=None, compare=False, repr=False)

    @property
    def properties(self) -> Mapping[str, "Property"]:
        """The properties of an object type, by their camelCase names."""
        if self.kind != "object" or self.sdk is None:
            return {}
        return self.sdk.object(self.module, self.class_name)

    @property
    def constants(self) -> Mapping[str, str]:
        """Properties of an object type that always have one value, which tells it from others."""
        if self.kind != "object" or self.sdk is None:
            return {}
        return self.sdk.constants(self.module, self.class_name)

    def chosen(self, value: Mapping[str, Any]) -> "Type | None":
        """The type that an object has; ``None`` when it has none of the choices."""
        if not self.choices:
            return self
        for choice in self.choices:
            if all(value.get(name) == text for name, text in choice.constants.items()):
                return choice
        return None


@dataclass(frozen=True)
class Property:
    """A property: its name in the protocol, the name Python programs use, and its type."""

    name: str
    python_name: str
    type: Type
    required: bool


@dataclass(frozen=True)
class ResourceSchema:
    """The inputs and outputs of one resource token."""

    token: str
    inputs: Mapping[str, Property] = field(default_factory=dict)
    outputs: Mapping[str, Property] = field(default_factory=dict)

    @property
    def computed(self) -> frozenset[str]:
        """Outputs that no input sets."""
        return frozenset(self.outputs) - frozenset(self.inputs)


class Sdk:
    """One provider's SDK by its Python package, e.g. ``pulumi_aws``."""

    def __init__(self, package: str) -> None:
        self.package = package
        self._resources: dict[str, ResourceSchema] = {}
        self._objects: dict[tuple[str, str], Mapping[str, Property]] = {}

    @functools.cached_property
    def root(self) -> Path:
        """The directory of the installed package.

        Raises:
            ModuleNotFoundError: when it is not installed.
        """
        found = importlib.util.find_spec(self.package)
        if found is None or found.origin is None:
            raise ModuleNotFoundError(f"{self.package} is not installed")
        return Path(found.origin).parent

    @functools.cached_property
    def version(self) -> str:
        """The version of the installed SDK, e.g. ``7.51.1``."""
        text = (self.root / "pulumi-plugin.json").read_text(encoding="utf-8")
        found = re.search(r'"version":\s*"([^"]+)"', text)
        return found.group(1) if found else "0.0.0"

    def resource(self, token: str) -> ResourceSchema:
        """The schema of a resource token such as ``aws:s3/bucket:Bucket``.

        Raises:
            UnknownTokenError: when the SDK has no such resource.
        """
        kept = self._resources.get(token)
        if kept is None:
            kept = self._resources[token] = self._read(token)
        return kept

    def object(self, module: str, class_name: str) -> Mapping[str, Property]:
        """The properties of a nested input type of a module.

        Raises:
            UnknownTokenError: when the SDK has no such type.
        """
        kept = self._objects.get((module, class_name))
        if kept is None:
            path = self.root / module / "_inputs.py"
            if class_name not in _class_starts(path):
                raise UnknownTokenError(f"{self._title} has no type {module}.{class_name}")
            kept = self._objects[module, class_name] = self._parse(path, class_name, module)
        return kept

    def constants(self, module: str, class_name: str) -> Mapping[str, str]:
        """Properties of a nested input type that always have one value; none unless an SDK says."""
        return {}

    @property
    def _title(self) -> str:
        return f"{self.package.replace('_', '-')} {self.version}"

    def _read(self, token: str) -> ResourceSchema:
        path = self._file(token)
        if path is None or f"'{token}'" not in _text(path):
            raise UnknownTokenError(f"{self._title} has no resource {token}")
        module = _module_of(token)
        names = [match.group(1) for match in _CLASS.finditer(_text(path))]
        inputs = next(name for name in names if not name.startswith("_"))
        state = next((name for name in names if name.startswith("_")), inputs)
        return ResourceSchema(
            token=token,
            inputs=self._parse(path, inputs, module),
            outputs=self._parse(path, state, module),
        )

    def _file(self, token: str) -> Path | None:
        parts = token.split(":")
        if len(parts) != 3 or "/" not in parts[1]:
            return None
        module, name = parts[1].split("/")
        for stem in (snake(name), snake(parts[2])):
            path = self.root / module / f"{stem}.py"
            if path.is_file():
                return path
        return None

    def _parse(self, path: Path, class_name: str, module: str) -> Mapping[str, Property]:
        start, end = _class_starts(path)[class_name]
        # The chunk may run into the resource class itself, whose text is no part of this one.
        chunk = re.split(
            r"^\n?(?=class |@pulumi\.type_token)", _text(path)[start:end], flags=re.MULTILINE
        )
        body = next(part for part in chunk if f"class {class_name}" in part)
        tree = ast.parse(body)
        definition = next(node for node in tree.body if isinstance(node, ast.ClassDef))
        functions = [node for node in definition.body if isinstance(node, ast.FunctionDef)]
        names = {f.name: name for f in functions if (name := _getter_name(f)) is not None}
        init = next(f for f in functions if f.name == "__init__")
        properties: dict[str, Property] = {}
        for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True):
            if argument.annotation is None:
                continue
            name = names.get(argument.arg, argument.arg)
            properties[name] = Property(
                name=name,
                python_name=argument.arg,
                type=self._type(argument.annotation, module),
                required=default is None,
            )
        return properties

    def _type(self, node: ast.expr, module: str) -> Type:
        if isinstance(node, ast.Constant):
            return self._named(str(node.value), module)
        if isinstance(node, ast.Subscript):
            return self._generic(ast.unparse(node.value), node.slice, module)
        name = ast.unparse(node).removeprefix("_builtins.")
        if name in ("pulumi.Asset", "pulumi.Archive"):
            return Type("asset")
        return Type(_SCALARS.get(name, "json"))

    def _generic(self, name: str, inner: ast.expr, module: str) -> Type:
        if name in ("pulumi.Input", "Optional"):
            return self._type(inner, module)
        if name == "Sequence":
            return Type("list", element=self._type(inner, module))
        parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
        if name == "Mapping":
            return Type("map", element=self._type(parts[-1], module))
        choices = [self._type(part, module) for part in parts]
        if choices[0].kind == "string" and any(choice.kind == "object" for choice in choices):
            return Type("json")
        return choices[0]

    def _named(self, name: str, module: str) -> Type:
        # A type of another service is written ``_iam.XArgs``; enums have no ``Args`` and are text.
        service, _, class_name = name.rpartition(".")
        if not class_name.endswith("Args"):
            return Type("string")
        return Type("object", module=service.lstrip("_") or module, class_name=class_name, sdk=self)


def snake(name: str) -> str:
    """The Python name: ``bucketObjectv2`` becomes ``bucket_objectv2``, ``IAMMember`` iam_member."""
    name = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _module_of(token: str) -> str:
    return token.split(":")[1].split("/", maxsplit=1)[0]


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def _class_starts(path: Path) -> Mapping[str, tuple[int, int]]:
    """Where each class of a file stands in its text."""
    found = list(_CLASS.finditer(_text(path)))
    ends = [match.start() for match in found[1:]] + [len(_text(path))]
    return {match.group(1): (match.start(), end) for match, end in zip(found, ends, strict=True)}


def _getter_name(function: ast.FunctionDef) -> str | None:
    """The protocol's name of a property, when its getter says one."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pulumi.getter":
            for keyword in decorator.keywords:
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
    return None
