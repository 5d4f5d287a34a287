"""Which columns of a table are used, and how one value or one row of it is read.

Pure functions on plain Python values: the pandas path (prepare.py) and a distributed engine, which
sees one row at a time, read a value in the same way.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from user_errors import DataError

# How tables in text form spell "no value"; `\N` is Hive's own marker.
_MISSING_TEXT = frozenset({"", "na", "nan", "null", "\\n"})
_TRUTH_VALUES = ("True", "False")


class Row(NamedTuple):
    """A complete row: features in schema order (raw units) and the class label."""

    features: tuple[float, ...]
    label: str


@dataclass(frozen=True, kw_only=True)
class TableSchema:
    """The configured columns of one table. Raises DataError when they contradict each other."""

    table: str
    features: tuple[str, ...]
    target: str

    def __post_init__(self) -> None:
        if not self.features or "" in self.features:
            raise DataError("the list of features is empty or has an empty name: name at least one")
        repeated = sorted({name for name in self.features if self.features.count(name) > 1})
        if repeated:
            raise DataError(f"feature {repeated[0]!r} is listed twice: list each feature once")
        if not self.target:
            raise DataError("no target column is named: set the target")
        if self.target in self.features:
            raise DataError(
                f"column {self.target!r} is both a feature and the target: "
                "a model would only repeat it; remove it from the features"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Features, then the target."""
        return (*self.features, self.target)


def split_names(text: str) -> tuple[str, ...]:
    """`"a, b,c"` -> `("a", "b", "c")`."""
    return tuple(name.strip() for name in text.split(","))


def _catalog_name(name: str) -> str:
    """The name under which a data catalog (Glue, Hive) keeps a column called `name`."""
    plain = "".join(
        character
        for character in unicodedata.normalize("NFD", name)
        if unicodedata.category(character) != "Mn"
    )
    return re.sub(r"[^A-Za-z0-9_]+", "_", plain).lower()


def resolve_columns(schema: TableSchema, present: Iterable[str]) -> dict[str, str]:
    """Map each configured column to the name it has in the table, in schema order.

    A catalog stores `Bill Length` as `bill_length`, so where no column has the exact name, the one
    with the same catalog name is taken. Raises DataError naming the missing column, the table and
    the columns there are.
    """
    names = list(present)
    by_catalog_name: dict[str, list[str]] = {}
    for name in names:
        by_catalog_name.setdefault(_catalog_name(name), []).append(name)
    found: dict[str, str] = {}
    for column in schema.columns:
        matches = [column] if column in names else by_catalog_name.get(_catalog_name(column), [])
        if len(matches) != 1:
            role = "target" if column == schema.target else "feature"
            problem = "is not in" if not matches else f"could be any of {', '.join(matches)} in"
            raise DataError(
                f"{role} column {column!r} {problem} table {schema.table!r}, which has: "
                f"{', '.join(names) or 'no columns'}. Correct the configured {role} or the table."
            )
        found[column] = matches[0]
    return found


def parse_number(value: object, *, column: str, table: str) -> float | None:
    """A feature value as a finite float, or None where it is missing.

    Raises DataError for what is neither: text, a truth value, an infinite number.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _MISSING_TEXT:
            return None
        # float() also reads "1_000", which no table format means as a number.
        value = text if "_" not in text else "not a number"
    try:
        if str(value) in _TRUTH_VALUES:  # float() reads them as 1 and 0
            raise ValueError
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        if _is_null(value):
            return None
        raise DataError(
            f"feature column {column!r} of table {table!r} holds {value!r}, which is not a number. "
            "Remove the column from the features or store it as numbers."
        ) from None
    if math.isnan(number):
        return None
    if math.isinf(number):
        raise DataError(
            f"feature column {column!r} of table {table!r} holds an infinite number. "
            "Replace it or leave it empty; rows with an empty value are dropped."
        )
    return number


def parse_label(value: object) -> str | None:
    """The target value as a class label, or None where it is missing.

    Whole numbers have no decimal point and truth values are lower case, so that a column of 1, 2, 3
    gives the same labels whether an engine reads it as text, integer or float.
    """
    if value is None or _is_null(value):
        return None
    if isinstance(value, str):
        return None if value.strip().lower() in _MISSING_TEXT else value.strip()
    text = str(value)
    if text in _TRUTH_VALUES:
        return text.lower()
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return text
    return str(int(number)) if math.isfinite(number) and number == int(number) else text


def _is_null(value: object) -> bool:
    """NaN, NaT and pandas.NA: the values that do not equal themselves."""
    try:
        return bool(value != value)  # noqa: PLR0124
    except TypeError:  # pandas.NA refuses to be a truth value
        return True


def parse_row(record: Mapping[str, object], *, schema: TableSchema) -> Row | None:
    """One record (by its configured column names) as a Row; None where a value is missing."""
    features: list[float] = []
    for column in schema.features:
        number = parse_number(record[column], column=column, table=schema.table)
        if number is None:
            return None
        features.append(number)
    label = parse_label(record[schema.target])
    return None if label is None else Row(tuple(features), label)


def require_classes(labels: Sequence[str], *, schema: TableSchema) -> None:
    """Raise DataError unless there are rows, and rows of at least two classes."""
    if not labels:
        raise DataError(
            f"table {schema.table!r} has no row with a value in every one of "
            f"{', '.join(schema.columns)}. Load data into it, or use columns with fewer gaps."
        )
    classes = set(labels)
    if len(classes) < 2:
        raise DataError(
            f"target column {schema.target!r} of table {schema.table!r} has one class only, "
            f"{next(iter(classes))!r}: there is nothing to tell apart. Add rows of another class "
            "or choose another target."
        )
