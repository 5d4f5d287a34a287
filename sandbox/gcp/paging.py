"""Pages, filters and field masks as Google's list and update methods have them."""

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.gcp.errors import invalid
from sandbox.router import Request
from sandbox.store import Record

_TERM = re.compile(
    r"""\s*([\w.]+)\s*(!=|>=|<=|=|:|>|<)\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s()]+)\s*""", re.VERBOSE
)


def snake(name: str) -> str:
    """``displayName`` as ``display_name``."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    """``display_name`` as ``displayName``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def page(request: Request, field: str, items: Sequence[Any], *, default: int = 100) -> Record:
    """One page of ``items`` under ``field``, with ``nextPageToken`` when there are more.

    Raises:
        ApiError: the token is not one of ours.
    """
    size = int(request.query.get("pageSize") or request.query.get("maxResults") or 0) or default
    start = 0
    token = request.query.get("pageToken")
    if token:
        try:
            start = int(base64.urlsafe_b64decode(token.encode()))
        except ValueError as error:
            raise invalid("Invalid page token.") from error
    answer: Record = {field: list(items[start : start + size])}
    if start + size < len(items):
        answer["nextPageToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return answer


def _value(record: Record, path: str) -> Any:
    value: Any = record
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(camel(part), value.get(part))
    return value


def _compare(found: Any, operator: str, wanted: str) -> bool:
    if operator == ":" and wanted == "*":
        return found is not None
    text = "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
    comparisons: dict[str, Callable[[], bool]] = {
        "=": lambda: text == wanted,
        ":": lambda: wanted.lower() in text.lower(),
        "!=": lambda: text != wanted,
        ">": lambda: text > wanted,
        "<": lambda: text < wanted,
        ">=": lambda: text >= wanted,
        "<=": lambda: text <= wanted,
    }
    return comparisons[operator]()


def matches(record: Record, expression: str) -> bool:
    """Whether a record fits a filter of terms joined by AND and OR, NOT before a term.

    Raises:
        ApiError: the filter cannot be read.
    """
    if not expression.strip():
        return True
    return any(
        all(_term(record, term) for term in re.split(r"\s+AND\s+", alternative))
        for alternative in re.split(r"\s+OR\s+", expression.strip())
    )


def _term(record: Record, text: str) -> bool:
    text = text.strip().removeprefix("(").removesuffix(")").strip()
    negated = text.startswith("NOT ")
    match = _TERM.fullmatch(text.removeprefix("NOT "))
    if match is None:
        raise invalid(f"Invalid filter expression: {text!r}.")
    path, operator, wanted = match.groups()
    if wanted[0] in "\"'":
        wanted = wanted[1:-1].replace('\\"', '"')
    return _compare(_value(record, path), operator, wanted) != negated


def masked(request: Request) -> list[list[str]] | None:
    """The field paths of ``updateMask`` in JSON names; ``None`` when it is not given."""
    text = request.query.get("updateMask") or request.query.get("update_mask")
    if not text:
        return None
    return [[camel(part) for part in path.strip().split(".")] for path in text.split(",")]


def apply_mask(record: Record, given: Record, paths: list[list[str]] | None) -> None:
    """Set in ``record`` what ``given`` has at ``paths``; absent there means removed.

    Without a mask every field that is given is set.
    """
    if paths is None:
        record.update(given)
        return
    for path in paths:
        if path == ["*"]:
            record.update(given)
            continue
        source: Any = given
        target: Any = record
        for part in path[:-1]:
            source = source.get(part, {}) if isinstance(source, dict) else {}
            target = target.setdefault(part, {})
        if isinstance(source, dict) and path[-1] in source:
            target[path[-1]] = source[path[-1]]
        else:
            target.pop(path[-1], None)
