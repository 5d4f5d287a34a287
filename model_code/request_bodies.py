"""Request bodies: JSON, CSV and npy to rows of numbers in raw units.

`decode` knows no model, so it checks only what any model needs: numbers, finite, of equal width.
`to_matrix` then fits them to a model's features.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from request_errors import InvalidRow, MalformedRequest, UnsupportedContentType

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"

Matrix = npt.NDArray[np.float64]

# A client that sends numbers with every digit they have still fits; more is an attack.
_LONGEST_QUOTED_VALUE = 40


@dataclass(frozen=True)
class Rows:
    """Decoded rows: a matrix in the model's column order, or records by feature name."""

    matrix: Matrix | None = None
    records: Sequence[Mapping[str, Any]] | None = None


def decode(body: str | bytes, content_type: str | None) -> Rows:
    """Read a request body.

    `content_type` is the header as received; without one the body is JSON. Raises
    UnsupportedContentType, MalformedRequest or InvalidRow.
    """
    media_type, _, parameters = (content_type or JSON).partition(";")
    reader = _READERS.get(media_type.strip().lower())
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    if reader is None or charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise UnsupportedContentType(
            f"content type {content_type!r} is not supported: send {', '.join(_READERS)} in UTF-8"
        )
    return reader(body)


def to_matrix(rows: Rows, features: Sequence[str]) -> Matrix:
    """Rows as a finite matrix of shape (rows, features). Raises InvalidRow."""
    matrix = rows.matrix
    if matrix is None:
        matrix = _numbers(
            [_ordered(i, record, features) for i, record in enumerate(rows.records or ())]
        )
    if matrix.shape[1] != len(features):
        raise InvalidRow(
            f"rows have {matrix.shape[1]} values; the model takes {len(features)}: "
            f"{', '.join(features)}"
        )
    return matrix


def _ordered(index: int, record: Mapping[str, Any], features: Sequence[str]) -> list[Any]:
    try:
        values = [record[name] for name in features]
    except KeyError as missing:
        raise InvalidRow(f"row {index} lacks the field {missing}") from None
    if len(record) != len(features):
        unknown = next(name for name in record if name not in features)
        raise InvalidRow(
            f"row {index} has the unknown field {_quoted(unknown)}; "
            f"the model takes: {', '.join(features)}"
        )
    return values


def _text(body: str | bytes) -> str:
    if isinstance(body, str):
        return body
    try:
        return bytes(body).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedRequest("the body is not UTF-8 text") from None


def _read_json(body: str | bytes) -> Rows:
    try:
        parsed = json.loads(_text(body), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"the body is not JSON: {_reason(error)}") from None
    if isinstance(parsed, dict):
        # Vertex adds "parameters" beside the instances; this model has none to set.
        if "instances" not in parsed or not parsed.keys() <= {"instances", "parameters"}:
            raise MalformedRequest('a JSON object must have the form {"instances": [row, …]}')
        parsed = parsed["instances"]
    if not isinstance(parsed, list) or not parsed:
        raise MalformedRequest("the body must be a list of at least one row: [[1, 2], [3, 4]]")
    if all(isinstance(row, dict) for row in parsed):
        return Rows(records=parsed)
    if all(isinstance(row, list) for row in parsed):
        return Rows(matrix=_numbers(parsed))
    raise MalformedRequest(
        "each row must be a list of numbers, or each an object of named numbers: [[1, 2], [3, 4]]"
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno} column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _read_csv(body: str | bytes) -> Rows:
    rows: list[list[float]] = []
    try:
        for line in csv.reader(io.StringIO(_text(body), newline=""), strict=True):
            if line:
                rows.append([_csv_number(len(rows), i, text) for i, text in enumerate(line)])
    except csv.Error as error:
        raise MalformedRequest(f"the body is not CSV: {error}") from None
    if not rows:
        raise MalformedRequest("the body has no rows")
    return Rows(matrix=_numbers(rows))


def _csv_number(row: int, column: int, text: str) -> float:
    if not text.strip():
        raise InvalidRow(f"row {row}, value {column} is missing")
    try:
        if "_" in text:  # float() reads "1_0" as 10
            raise ValueError
        return float(text)
    except ValueError:
        raise InvalidRow(
            f"row {row}, value {column} is {_quoted(text)}, not a number; "
            "CSV is sent without header"
        ) from None


def _numbers(rows: Sequence[Sequence[Any]]) -> Matrix:
    """Rows of Python numbers as a matrix; says which value is none, or not finite."""
    width = len(rows[0])
    for index, row in enumerate(rows):
        if len(row) != width:
            raise InvalidRow(f"row {index} has {len(row)} values, row 0 has {width}")
        for column, value in enumerate(row):
            # Not isinstance: a bool is an int, and no measurement.
            if type(value) is not float and type(value) is not int:
                what = "is missing" if value is None else f"is {_quoted(value)}, not a number"
                raise InvalidRow(f"row {index}, value {column} {what}")
    if width == 0:
        raise InvalidRow("row 0 has no values")
    try:
        matrix = np.array(rows, dtype=np.float64)
    except OverflowError:
        raise InvalidRow("a value is too large for a 64-bit floating-point number") from None
    return _finite(matrix)


def _finite(matrix: Matrix) -> Matrix:
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise InvalidRow(f"row {row}, value {column} is {matrix[row, column]}, not a finite number")
    return matrix


def _read_npy(body: str | bytes) -> Rows:
    if isinstance(body, str):
        raise MalformedRequest("an npy body is binary")
    stream = io.BytesIO(body)
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, by_column, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, by_column, dtype = np.lib.format.read_array_header_2_0(stream)
        else:
            raise ValueError(f"version {version} is not read")
    except (ValueError, EOFError, SyntaxError, TypeError, OverflowError, RecursionError) as error:
        raise MalformedRequest(f"the body is not npy: {str(error)[:200]}") from None
    if dtype.kind not in "iuf" or len(shape) != 2 or 0 in shape:
        raise InvalidRow(
            f"the array has shape {shape} and dtype {dtype}; send a two-dimensional, "
            "non-empty array of numbers"
        )
    data = memoryview(body)[stream.tell() :]
    # Compared before anything is allocated: the header may claim any size. math.prod does not wrap.
    if math.prod(shape) * dtype.itemsize != len(data):
        raise MalformedRequest(f"the body has {len(data)} bytes of data, not what {shape} needs")
    array = np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if by_column else "C")
    with np.errstate(over="ignore"):
        return Rows(matrix=_finite(array.astype(np.float64)))


def _quoted(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_QUOTED_VALUE else text[:_LONGEST_QUOTED_VALUE] + "…"


_READERS: Mapping[str, Callable[[str | bytes], Rows]] = {
    JSON: _read_json,
    CSV: _read_csv,
    NPY: _read_npy,
}
