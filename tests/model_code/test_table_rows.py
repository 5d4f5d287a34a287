"""How single values and rows of a table are read."""

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from table_schema import (
    Row,
    TableSchema,
    parse_label,
    parse_number,
    parse_row,
    resolve_columns,
    split_names,
)
from user_errors import DataError

SCHEMA = TableSchema(table="shop.orders", features=("price", "Pack Size"), target="kind")


@pytest.mark.parametrize(
    "value", [None, "", "  ", "NA", "nan", "NULL", "\\N", math.nan, np.nan, pd.NA, pd.NaT]
)
def test_every_spelling_of_a_gap_is_missing(value: object) -> None:
    assert parse_number(value, column="price", table="t") is None
    assert parse_label(value) is None


@pytest.mark.parametrize("value", ["3.5", " 3.5 ", 3.5, Decimal("3.5"), np.float32(3.5)])
def test_a_number_is_read_from_any_type_an_engine_delivers(value: object) -> None:
    assert parse_number(value, column="price", table="t") == 3.5


@pytest.mark.parametrize("value", ["red", "1_000", True, np.bool_(False), [1], "inf", -math.inf])
def test_what_is_no_finite_number_is_refused_by_column_and_table(value: object) -> None:
    with pytest.raises(DataError, match=r"'price' of table 'shop.orders'"):
        parse_number(value, column="price", table="shop.orders")


def test_labels_agree_whether_read_as_text_integer_or_float() -> None:
    assert {parse_label(value) for value in ("7", 7, 7.0, np.int64(7), np.float64(7))} == {"7"}
    assert {parse_label(value) for value in ("true", True, np.bool_(True))} == {"true"}
    assert parse_label(" Adelie ") == "Adelie"
    assert parse_label(2.5) == "2.5"


def test_a_row_with_a_gap_in_any_used_column_is_dropped() -> None:
    full = {"price": "1", "Pack Size": 2, "kind": "a", "note": None}
    assert parse_row(full, schema=SCHEMA) == Row((1.0, 2.0), "a")
    for column in SCHEMA.columns:
        assert parse_row({**full, column: None}, schema=SCHEMA) is None


def test_catalog_spelling_of_a_column_is_found() -> None:
    found = resolve_columns(SCHEMA, ["kind", "pack_size", "price", "other"])
    assert found == {"price": "price", "Pack Size": "pack_size", "kind": "kind"}


def test_missing_column_names_column_table_and_what_there_is() -> None:
    with pytest.raises(
        DataError, match=r"'Pack Size' is not in table 'shop.orders', .*: price, kind"
    ):
        resolve_columns(SCHEMA, ["price", "kind"])


def test_ambiguous_column_is_refused() -> None:
    with pytest.raises(DataError, match="could be any of pack_size, PACK SIZE"):
        resolve_columns(SCHEMA, ["price", "kind", "pack_size", "PACK SIZE"])


@pytest.mark.parametrize(
    ("features", "target", "message"),
    [
        ((), "y", "empty"),
        (split_names("a,,b"), "y", "empty name"),
        (("a", "a"), "y", "'a' is listed twice"),
        (("a", "y"), "y", "'y' is both a feature and the target"),
        (("a",), "", "no target"),
    ],
)
def test_contradicting_columns_are_refused(
    features: tuple[str, ...], target: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        TableSchema(table="t", features=features, target=target)
