r"""Prepare a table for training: drop gaps, split, normalise.

    python prepare.py --input penguins.csv --output prepared \
        --features bill_length_mm,bill_depth_mm --target species

reads a CSV or Parquet table and writes `prepared/{train,validation,test}/part-0.parquet` and
`prepared/statistics/statistics.json`, the layout the training channels expect. Rows with a missing
value in a configured column are dropped, other columns are ignored. The split is stratified by the
target and seeded (stratified_split.py); mean and standard deviation come from the training split
only and are applied to all three. A table that lies sealed is opened before (sealed_table.py).

A distributed engine uses the row-wise functions instead, with the same result: `parse_row`,
`row_key`, `find_cuts`, `assign_split`, `Moments`, `fit_statistics`, `normalise`.
"""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from column_statistics import Moments, Statistics, fit_statistics
from sealed_table import add_seal_arguments, opened_if_sealed, seal_of
from stratified_split import SPLITS, Split, SplitShares, assign_split, find_cuts, row_key
from table_schema import (
    Row,
    TableSchema,
    parse_label,
    parse_number,
    require_classes,
    resolve_columns,
    split_names,
)
from user_errors import ArgumentParser, DataError, run


@dataclass(frozen=True, kw_only=True)
class PreparedTable:
    """The three splits (normalised features as float64, target as text) and their statistics."""

    splits: dict[Split, pd.DataFrame]
    statistics: Statistics


def complete_rows(table: pd.DataFrame, *, schema: TableSchema) -> pd.DataFrame:
    """The configured columns, features as float64 and target as text, without rows with gaps.

    Raises DataError for a missing or non-numeric column, no rows or one class only.
    """
    columns = resolve_columns(schema, (str(name) for name in table.columns))
    rows = pd.DataFrame(
        {name: _numbers(table[columns[name]], name, schema) for name in schema.features}
    )
    # dtype object on purpose: the string type of pandas 3 is not what scikit-learn expects.
    labels = [parse_label(value) for value in table[columns[schema.target]]]
    rows[schema.target] = pd.Series(labels, index=rows.index, dtype=object)
    rows = rows.dropna().reset_index(drop=True)
    require_classes(list(rows[schema.target]), schema=schema)
    return rows


def _numbers(
    column: "pd.Series[object]", name: str, schema: TableSchema
) -> npt.NDArray[np.float64]:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if numeric and not pd.api.types.is_complex_dtype(column):
        numbers: npt.NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        infinite = np.isinf(numbers)
        if infinite.any():
            parse_number(numbers[infinite][0], column=name, table=schema.table)
        return numbers
    parsed = [parse_number(value, column=name, table=schema.table) for value in column]
    return np.array([np.nan if value is None else value for value in parsed], dtype=np.float64)


def split_rows(
    rows: pd.DataFrame, *, schema: TableSchema, shares: SplitShares, seed: int
) -> dict[Split, pd.DataFrame]:
    """Distribute complete rows over the three splits, each in key order (a seeded shuffle)."""
    features = rows[list(schema.features)].to_numpy()
    labels = list(rows[schema.target])
    keys = [
        row_key(Row(tuple(values), label), seed=seed)
        for values, label in zip(features.tolist(), labels, strict=True)
    ]
    by_class: dict[str, list[int]] = {}
    for label, key in zip(labels, keys, strict=True):
        by_class.setdefault(label, []).append(key)
    cuts = {
        label: find_cuts(label, by_class[label], shares=shares, schema=schema)
        for label in sorted(by_class)
    }
    assigned = np.array(
        [assign_split(label, key, cuts=cuts) for label, key in zip(labels, keys, strict=True)]
    )
    order = np.argsort(np.array(keys, dtype=np.uint64), kind="stable")
    return {
        split: rows.iloc[order[assigned[order] == split]].reset_index(drop=True) for split in SPLITS
    }


def prepare_table(
    table: pd.DataFrame, *, schema: TableSchema, shares: SplitShares, seed: int
) -> PreparedTable:
    """Drop rows with gaps, split, fit the statistics on the training split, normalise all splits.

    Raises DataError whose message names the column, the table and the remedy.
    """
    rows = complete_rows(table, schema=schema)
    splits = split_rows(rows, schema=schema, shares=shares, seed=seed)
    training = splits["train"]
    statistics = fit_statistics(
        [_moments(training[name].to_numpy()) for name in schema.features],
        schema=schema,
        classes=sorted(set(rows[schema.target])),
        rows={split: len(splits[split]) for split in SPLITS},
    )
    features = list(schema.features)
    mean = np.array([statistics.mean[name] for name in features])
    std = np.array([statistics.std[name] for name in features])
    for frame in splits.values():
        frame[features] = (frame[features].to_numpy() - mean) / std
    return PreparedTable(splits=splits, statistics=statistics)


def _moments(values: npt.NDArray[np.float64]) -> Moments:
    # Infinite sums are reported by fit_statistics, with the column's name.
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
        return Moments(len(values), mean, float(((values - mean) ** 2).sum()))


def read_table(path: Path) -> pd.DataFrame:
    """Read a .csv (as text, so that gaps are recognised as in the cloud) or .parquet file."""
    try:
        if path.suffix == ".parquet" or path.is_dir():
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise DataError(f"no table at {path}: check the path") from None
    except pd.errors.EmptyDataError:
        raise DataError(f"table {path} is empty: it needs a header line and rows") from None
    except (ValueError, OSError) as error:
        raise DataError(f"table {path} cannot be read as CSV or Parquet: {error}") from None


def describe(prepared: PreparedTable) -> str:
    """One line for the log: rows per split and the classes."""
    rows = " ".join(f"{split}={count}" for split, count in prepared.statistics.rows.items())
    return f"prepared rows {rows} classes={','.join(prepared.statistics.classes)}"


def write_prepared(prepared: PreparedTable, directory: Path) -> None:
    """Write the splits and statistics below `directory`, in place of what was there."""
    for split, frame in prepared.splits.items():
        (directory / split).mkdir(parents=True, exist_ok=True)
        frame.to_parquet(directory / split / "part-0.parquet", index=False)
    (directory / "statistics").mkdir(exist_ok=True)
    text = prepared.statistics.to_json()
    (directory / "statistics" / "statistics.json").write_text(text, encoding="utf-8")


def add_column_arguments(parser: ArgumentParser) -> None:
    """The settings that every way of running the preparation has."""
    parser.add_argument("--features", required=True, help="comma-separated numeric columns")
    parser.add_argument("--target", required=True, help="the categorical column to predict")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--train_fraction", type=float, default=0.70)
    parser.add_argument("--validation_fraction", type=float, default=0.15)


def prepare_with(table: pd.DataFrame, arguments: Namespace, *, name: str) -> PreparedTable:
    """`prepare_table` with the settings from `add_column_arguments`; `name` is the table's name."""
    schema = TableSchema(
        table=name, features=split_names(arguments.features), target=arguments.target.strip()
    )
    shares = SplitShares(train=arguments.train_fraction, validation=arguments.validation_fraction)
    return prepare_table(table, schema=schema, shares=shares, seed=arguments.seed)


def main(argv: Sequence[str] | None = None) -> None:
    """The command line described at the top."""
    parser = ArgumentParser("Drop gaps, split and normalise a table.")
    parser.add_argument("--input", type=Path, required=True, help="CSV or Parquet table")
    parser.add_argument("--output", type=Path, required=True, help="directory to write to")
    add_column_arguments(parser)
    add_seal_arguments(parser)
    arguments = parser.parse_args(argv)
    with opened_if_sealed(arguments.input, seal_of(arguments)) as path:
        table = read_table(path)
    prepared = prepare_with(table, arguments, name=str(arguments.input))
    write_prepared(prepared, arguments.output)
    print(describe(prepared))


if __name__ == "__main__":
    run(main)
