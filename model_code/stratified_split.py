"""Train, validation and test: a seeded, stratified split that every engine decides alike.

Each row gets a 64-bit key from the seed and its own values. Within a class the rows with the lowest
keys train, the next validate, the rest test. So

* the split depends on what the rows are, not on their order, number of files or workers: pandas
  and a distributed engine give the same one;
* an engine needs only each class's keys (8 bytes a row) to find the two cuts, then decides row by
  row;
* exact copies of a row stay together, so that no test row was seen in training. Shares are exact to
  one row per class where rows are distinct.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from table_schema import Row, TableSchema
from user_errors import DataError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class SplitShares:
    """Shares of the rows, each between 0 and 1; what is left after both is for testing."""

    train: float = 0.70
    validation: float = 0.15

    def __post_init__(self) -> None:
        if not (self.train > 0 and self.validation > 0 and self.train + self.validation < 1):
            raise DataError(
                f"train fraction {self.train} and validation fraction {self.validation} must be "
                "above 0 and leave a share for testing (together below 1)"
            )


class Cuts(NamedTuple):
    """Last training key and last validation key of one class."""

    train: int
    validation: int


def row_key(row: Row, *, seed: int) -> int:
    """A number in [0, 2**64) that depends on the seed and the row's values only."""
    # Adding 0.0 turns -0.0 into 0.0: equal numbers, one key.
    numbers = struct.pack(f">q{len(row.features)}d", seed, *(value + 0.0 for value in row.features))
    digest = hashlib.blake2b(numbers + row.label.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def find_cuts(label: str, keys: Iterable[int], *, shares: SplitShares, schema: TableSchema) -> Cuts:
    """Where the class `label`, whose rows have `keys`, is cut.

    Raises DataError when the class has too few distinct rows to put one into each split.
    """
    ordered = sorted(keys)
    distinct = sorted(set(ordered))
    if len(distinct) < len(SPLITS):
        raise DataError(
            f"class {label!r} of target column {schema.target!r} in table {schema.table!r} has "
            f"{len(distinct)} distinct complete row{'s' if len(distinct) != 1 else ''}, "
            f"too few for a stratified split into {len(SPLITS)}. "
            "Add rows of that class, merge it with another, or drop it."
        )
    count = len(ordered)
    train_end = ordered[round(count * shares.train) - 1]
    validation_end = ordered[round(count * (shares.train + shares.validation)) - 1]
    # However uneven shares or copies are, each split keeps at least one distinct row.
    train_end = min(max(train_end, distinct[0]), distinct[-3])
    validation_end = min(validation_end, distinct[-2])
    if validation_end <= train_end:
        validation_end = distinct[distinct.index(train_end) + 1]
    return Cuts(train_end, validation_end)


def assign_split(label: str, key: int, *, cuts: Mapping[str, Cuts]) -> Split:
    """The split of one row, given its class, its key and every class's cuts."""
    train_end, validation_end = cuts[label]
    if key <= train_end:
        return "train"
    return "validation" if key <= validation_end else "test"
