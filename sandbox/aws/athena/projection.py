"""Partition projection: the partitions a table's properties describe instead of the catalog.

https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
Types enum, integer and date (by days) are worked out; ``injected`` is refused.
"""

import itertools
from datetime import UTC, date, datetime, timedelta

from sandbox.aws.athena.errors import NotSupported, QueryError

_MOST = 10_000


def locations(
    base: str, columns: list[str], parameters: dict[str, str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Return every location with its partition values, in the order of `columns`."""
    ranges = [_values(column, parameters) for column in columns]
    template = parameters.get("storage.location.template") or (
        base.rstrip("/") + "".join(f"/{column}=${{{column}}}" for column in columns) + "/"
    )
    found = []
    for values in itertools.islice(itertools.product(*ranges), _MOST):
        location = template
        for column, value in zip(columns, values, strict=True):
            location = location.replace(f"${{{column}}}", value)
        found.append((location, values))
    return found


def _values(column: str, parameters: dict[str, str]) -> list[str]:
    kind = parameters.get(f"projection.{column}.type", "").lower()
    if kind == "enum":
        return [value.strip() for value in _need(column, "values", parameters).split(",")]
    if kind == "integer":
        first, last = (int(end) for end in _need(column, "range", parameters).split(","))
        step = int(parameters.get(f"projection.{column}.interval", "1"))
        digits = int(parameters.get(f"projection.{column}.digits", "0"))
        return [str(number).zfill(digits) for number in range(first, last + 1, step)][:_MOST]
    if kind == "date":
        form = _strftime(_need(column, "format", parameters))
        start, end_day = (
            _day(end.strip(), form) for end in _need(column, "range", parameters).split(",")
        )
        days = min((end_day - start).days + 1, _MOST)
        return sorted({(start + timedelta(days=day)).strftime(form) for day in range(days)})
    raise NotSupported(f"projection.{column}.type {kind or 'missing'}: enum, integer or date")


def _need(column: str, key: str, parameters: dict[str, str]) -> str:
    try:
        return parameters[f"projection.{column}.{key}"]
    except KeyError:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"The table property projection.{column}.{key} is missing",
        ) from None


def _day(text: str, form: str) -> date:
    if text.upper().startswith("NOW"):
        return datetime.now(UTC).date()
    return datetime.strptime(text, form).replace(tzinfo=UTC).date()


def _strftime(java: str) -> str:
    for letters, directive in (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H")):
        java = java.replace(letters, directive)
    return java
