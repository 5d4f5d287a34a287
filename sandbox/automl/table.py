"""A CSV table as AutoML reads it: kinds of columns, rows that count, and the split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sandbox.automl.settings import AUTO, CATEGORICAL, NUMERIC

_RARE = 2


class TableError(Exception):
    """The table cannot be learnt from; the text is the job's error."""


@dataclass(frozen=True)
class Split:
    """Shares of the rows, or the column that names each row's set."""

    column: str | None = None
    train: float = 0.8
    validation: float = 0.1
    test: float = 0.1


@dataclass(frozen=True)
class Sets:
    """What is learnt from, and what the model is measured on."""

    train: pd.DataFrame
    test: pd.DataFrame


def read(files: Sequence[str]) -> pd.DataFrame:
    """The files as one table of text; the first has the header, others may have the same one.

    Raises:
        TableError: the files do not fit together, or there is no row.
    """
    first = pd.read_csv(files[0], dtype=str, keep_default_na=False)
    frames = [first]
    for file in files[1:]:
        rows = pd.read_csv(
            file, dtype=str, keep_default_na=False, header=None, names=list(first.columns)
        )
        frames.append(rows[1:] if list(rows.iloc[0]) == list(first.columns) else rows)
    table = pd.concat(frames, ignore_index=True)
    if table.empty:
        raise TableError("The dataset has no rows.")
    return table


def kinds_of(table: pd.DataFrame, wanted: Mapping[str, str]) -> dict[str, str]:
    """Each column's kind; ``auto`` is numeric where all that is there are numbers.

    Raises:
        TableError: a column is not in the table.
    """
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise TableError(f"The dataset has no column {missing[0]!r}; it has {list(table.columns)}.")
    found = {}
    for name, kind in wanted.items():
        there = table[name][table[name] != ""]
        numbers = pd.to_numeric(there, errors="coerce")
        is_number = len(there) > 0 and bool(numbers.notna().all())
        found[name] = (NUMERIC if is_number else CATEGORICAL) if kind == AUTO else kind
    return found


def features(table: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Columns as the estimators take them: numbers, or text; what is missing is missing."""
    return pd.DataFrame(
        {
            name: pd.to_numeric(table[name], errors="coerce")
            if kind == NUMERIC
            else table[name].astype(object).where(table[name] != "", np.nan)
            for name, kind in kinds.items()
        }
    )


def usable(table: pd.DataFrame, kinds: Mapping[str, str], target: str) -> pd.DataFrame:
    """The rows that count: with a target, and without text where numbers belong."""
    keep = table[target] != ""
    for name, kind in kinds.items():
        if kind == NUMERIC:
            wrong = (table[name] != "") & pd.to_numeric(table[name], errors="coerce").isna()
            keep &= ~wrong
    return table[keep]


def divide(table: pd.DataFrame, split: Split, target: str, *, stratify: bool, seed: int) -> Sets:
    """Rows to learn from (training and validation) and rows to measure on.

    Raises:
        TableError: the split column is not there or names no test rows.
    """
    if split.column is not None:
        if split.column not in table.columns:
            raise TableError(f"The dataset has no column {split.column!r} for the split.")
        sets = table[split.column].str.lower()
        parts = Sets(table[sets.isin(["training", "validation"])], table[sets == "test"])
        if parts.train.empty or parts.test.empty:
            raise TableError(
                f"Column {split.column!r} must name training and test rows (training, validation, "
                "test)."
            )
        return parts
    counts = table[target].value_counts()
    by = table[target] if stratify and counts.min() >= _RARE else None
    share = max(split.test, _RARE / len(table))
    train, test = train_test_split(table, test_size=share, random_state=seed, stratify=by)
    return Sets(train, test)


def encoder(kinds: Mapping[str, str]) -> ColumnTransformer:
    """Missing numbers become the median, missing text a category of its own."""
    numbers = [name for name, kind in kinds.items() if kind == NUMERIC]
    texts = [name for name, kind in kinds.items() if kind == CATEGORICAL]
    steps: list[Any] = []
    if numbers:
        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        number = Pipeline([("impute", imputer), ("scale", StandardScaler())])
        steps.append(("numbers", number, numbers))
    if texts:
        category = Pipeline(
            [
                ("impute", SimpleImputer(strategy="constant", fill_value="")),
                ("encode", OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
            ]
        )
        steps.append(("texts", category, texts))
    return ColumnTransformer(steps)
