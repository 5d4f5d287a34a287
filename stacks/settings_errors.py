"""Turns a refused setting into a sentence that says where it stands and what is allowed."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError


class SettingsError(Exception):
    """A setting is wrong or missing; the text is complete for the user as it is."""


def describe(error: ValidationError, *, stack: str, project: str, sections: set[str]) -> str:
    """One line per refused setting: file, key, value, what is allowed, and the remedy."""
    file = f"Pulumi.{stack}.yaml"
    lines = [
        _line(problem, file=file, project=project, stack=stack, sections=sections)
        for problem in error.errors(include_url=False)
    ]
    return "\n".join(lines)


def _line(
    problem: Mapping[str, Any], *, file: str, project: str, stack: str, sections: set[str]
) -> str:
    location = problem["loc"]
    key = _key(location, project)
    kind = problem["type"]
    if kind == "extra_forbidden":
        allowed = problem.get("ctx", {}).get("allowed") or sorted(sections)
        known = f"; known here: {', '.join(allowed)}" if len(location) == 1 else ""
        return f"{file}: {key} is not a setting: remove it or correct its name{known}"
    if kind == "missing":
        command = f"pulumi config set --path '{key}' VALUE -s {stack}"
        return f"{file}: {key} is missing: set it with `{command}`"
    value = problem.get("input")
    shown = "" if isinstance(value, Mapping) else f" = {value!r}"
    return f"{file}: {key}{shown}: {_message(problem)}"


def _message(problem: Mapping[str, Any]) -> str:
    """What is allowed, without the words of Python's types."""
    if problem["type"] == "tuple_type":
        return "input should be a list, such as [a, b]"
    if problem["type"] == "model_type":
        return "input should be a section: keys with values below it"
    message = str(problem["msg"])
    if problem["type"] == "value_error":
        return message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _key(location: tuple[int | str, ...], project: str) -> str:
    text = f"{project}:{location[0]}" if location else project
    for part in location[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text
