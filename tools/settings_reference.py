"""Writes docs/settings.md from the typed settings, so that it cannot fall behind them."""

import sys
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from stacks.settings import Settings
from tools import paths

PAGE = paths.PROJECT / "docs" / "settings.md"
HEAD = """# Settings

All settings of a stack, in `Pulumi.<stack>.yaml` below `config:`, each key with the prefix
`trimaran:`. Set one with `pulumi config set --path 'trimaran:aws.region' eu-central-1 -s dev`.
Unknown keys are refused. This page is made from the typed settings by
`python -m tools.settings_reference`.

| key | type | default | meaning |
|---|---|---|---|
"""


def page() -> str:
    """The page's text."""
    return HEAD + "".join(_rows(Settings, ""))


def _rows(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        key = f"{prefix}{name}"
        inner = _section_of(field.annotation)
        if inner is None:
            yield f"| `{key}` | {_type(field)} | {_default(field)} | {_meaning(field)} |\n"
        else:
            many = "[]" if "tuple" in str(field.annotation) else ""
            about = (inner.__doc__ or "").strip().splitlines()[0]
            yield f"| **`{key}{many}`** | section | {_default(field)} | {about} |\n"
            yield from _rows(inner, f"{key}{many}.")


def _section_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section_of(part) for part in get_args(annotation))
    return next((part for part in found if part is not None), None)


def _type(field: FieldInfo) -> str:
    name = _name(field.annotation)
    limits = [str(item) for item in field.metadata if not callable(item)]
    shown = [_limit(item) for item in field.metadata]
    known = ", ".join(text for text in shown if text)
    return f"`{name}`" + (f" {known}" if known and limits else "")


def _name(annotation: Any) -> str:
    """A type as people write it, without its checks and without None."""
    if hasattr(annotation, "__metadata__"):
        return _name(annotation.__origin__)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " | ".join(_name(part) for part in parts if part is not NoneType)
    if origin is tuple:
        return f"tuple[{_name(parts[0])}, ...]"
    if origin is Literal:
        return f"one of {list(parts)}"
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_name, parts))}]"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _limit(item: Any) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    return ", ".join(
        f"{sign} {getattr(item, name)}" for name, sign in signs.items() if hasattr(item, name)
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is PydanticUndefined:
        return "none"  # made anew each time: an empty mapping
    if isinstance(field.default, BaseModel):
        return ""
    return "none" if field.default in (None, ()) else f"`{field.default}`"


def _meaning(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())


def main() -> None:
    """`python -m tools.settings_reference`."""
    PAGE.write_text(page())
    sys.stdout.write(f"wrote {PAGE}\n")


if __name__ == "__main__":
    main()
