"""The training channels: prepared Parquet splits as arrays."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from column_statistics import Statistics
from table_schema import TableSchema, resolve_columns
from user_errors import DataError


@dataclass(frozen=True)
class LabelledRows:
    """`features`: (rows, features), normalised; `labels`: (rows,), text."""

    features: npt.NDArray[np.float64]
    labels: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: npt.NDArray[np.intp]) -> "LabelledRows":
        """The rows at `indices`."""
        return LabelledRows(self.features[indices], self.labels[indices])


def read_split(directory: Path, *, statistics: Statistics) -> LabelledRows:
    """All rows below `directory`, in an order that depends on the rows only.

    Writers name Parquet files at random; sorted rows make two runs on the same data the same run.
    Raises DataError for a directory without data, a missing column, gaps or an unknown class.
    """
    files = sorted(directory.rglob("*.parquet")) if directory.is_dir() else []
    if not files:
        raise DataError(f"no Parquet file below {directory}: run the preparation step first")
    try:
        table = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    except (OSError, ValueError) as error:
        raise DataError(f"{directory} cannot be read as Parquet: {error}") from None
    schema = TableSchema(
        table=str(directory), features=tuple(statistics.features), target=statistics.target
    )
    columns = resolve_columns(schema, (str(name) for name in table.columns))
    try:
        features = np.column_stack(
            [table[columns[name]].to_numpy(dtype=np.float64) for name in schema.features]
        )
    except (TypeError, ValueError) as error:
        raise DataError(f"{directory} has a feature that is no number: {error}") from None
    labels = table[columns[schema.target]].astype(object)
    if len(labels) == 0 or labels.isna().any() or not np.isfinite(features).all():
        raise DataError(f"{directory} has no rows or has gaps: prepare the data anew")
    unknown = sorted(set(labels.astype(str)) - set(statistics.classes))
    if unknown:
        raise DataError(
            f"{directory} has class {unknown[0]!r}, which the statistics do not know: "
            "splits and statistics must come from one preparation"
        )
    text = np.array(labels.astype(str).tolist())
    order = np.lexsort((text, *features.T))
    return LabelledRows(features[order], text[order])


def shard(rows: LabelledRows, *, rank: int, hosts: int) -> LabelledRows:
    """The part of the rows that host `rank` of `hosts` trains on, each class spread evenly.

    Raises DataError when there are fewer rows than hosts.
    """
    if len(rows) < hosts:
        raise DataError(
            f"{len(rows)} training rows cannot be shared by {hosts} hosts: use fewer instances"
        )
    by_class = np.argsort(rows.labels, kind="stable")
    return rows.take(by_class[rank::hosts])
