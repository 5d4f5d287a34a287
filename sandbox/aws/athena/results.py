"""Results of a query: written as Athena writes them, read back for GetQueryResults."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.aws.athena.types import ResultColumn

Cell = str | None


def _java_double(value: float) -> str:
    """Athena prints doubles as Java does: ``1.0E7``, ``NaN``, ``Infinity``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        return text if "e" not in text else f"{value:f}"
    mantissa, _, exponent = f"{Decimal(repr(value)):E}".partition("E")
    digits = mantissa.rstrip("0") if "." in mantissa else mantissa + "."
    return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"


def render(value: Any) -> Cell:
    """Give a value the text Athena gives it; None stays None."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float():
            return _java_double(value)
        case datetime():
            zone = " UTC" if value.tzinfo else ""
            return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}{zone}"
        case date():
            return value.isoformat()
        case bytes():
            return value.hex(" ")
        case list() | tuple():
            return "[" + ", ".join(render(each) or "null" for each in value) + "]"
        case dict():
            pairs = (f"{render(key)}={render(each) or 'null'}" for key, each in value.items())
            return "{" + ", ".join(pairs) + "}"
        case _:
            return str(value)


def to_csv(columns: list[ResultColumn], rows: Iterable[Iterable[Cell]]) -> bytes:
    """Every value in quotes, NULL as nothing at all: the two stay apart."""
    lines = [",".join(_quoted(column.name) for column in columns)]
    lines += (",".join("" if cell is None else _quoted(cell) for cell in row) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def from_csv(body: bytes) -> list[list[Cell]]:
    """Read what `to_csv` wrote, the header as the first row.

    The csv module of Python 3.11 cannot tell an empty text from nothing, which is NULL here.
    """
    rows: list[list[Cell]] = [[]]
    for match in _CELL.finditer(body.decode()):
        quoted, end = match["quoted"], match["end"]
        rows[-1].append(None if quoted is None else quoted.replace('""', '"'))
        if end == "\n":
            rows.append([])
    return rows[:-1]


_CELL = re.compile(r'(?:"(?P<quoted>(?:[^"]|"")*)")?(?P<end>[,\n])')


def metadata(columns: list[ResultColumn]) -> bytes:
    """The ``.metadata`` file. The cloud's is binary and undocumented; this one is JSON."""
    return json.dumps([asdict(column) for column in columns]).encode()


def column_info(columns: list[ResultColumn]) -> list[dict[str, Any]]:
    """ColumnInfo of ResultSetMetadata."""
    return [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": column.name,
            "Label": column.name,
            "Type": column.type,
            "Precision": column.precision,
            "Scale": column.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": column.type == "varchar",
        }
        for column in columns
    ]
