"""The split: exact shares, stratified, seeded, and the same for every engine."""

import itertools
import random

import pytest
from column_statistics import Moments
from stratified_split import (
    SPLITS,
    SplitShares,
    assign_split,
    find_cuts,
    row_key,
)
from table_schema import Row, TableSchema
from user_errors import DataError

SCHEMA = TableSchema(table="t", features=("x",), target="y")


def _split(keys: list[int], shares: SplitShares) -> list[str]:
    cuts = {"a": find_cuts("a", keys, shares=shares, schema=SCHEMA)}
    return [assign_split("a", key, cuts=cuts) for key in keys]


@pytest.mark.parametrize("count", [3, 4, 7, 20, 100, 999])
def test_shares_are_exact_to_one_row(count: int) -> None:
    keys = [row_key(Row((float(i),), "a"), seed=1) for i in range(count)]
    splits = _split(keys, SplitShares())
    for split, share in zip(SPLITS, (0.70, 0.15, 0.15), strict=True):
        assert splits.count(split) >= 1
        assert abs(splits.count(split) - share * count) <= (1 if count > 4 else 2)


@pytest.mark.parametrize(("train", "validation"), [(0.98, 0.01), (0.01, 0.01), (0.01, 0.98)])
def test_no_split_is_left_empty_by_extreme_shares(train: float, validation: float) -> None:
    splits = _split(list(range(10)), SplitShares(train=train, validation=validation))
    assert set(splits) == set(SPLITS)


def test_copies_of_a_row_stay_together_and_no_split_is_empty() -> None:
    for copies in itertools.product((1, 5, 50), repeat=3):
        keys = [key for key, count in enumerate(copies) for _ in range(count)]
        splits = _split(keys, SplitShares())
        assert set(splits) == set(SPLITS)
        assert len(set(zip(keys, splits, strict=True))) == 3


def test_a_key_depends_on_seed_features_and_label_alone() -> None:
    row = Row((1.5, 0.0), "a")
    assert row_key(row, seed=1) == row_key(Row((1.5, -0.0), "a"), seed=1)
    others = {row_key(row, seed=2), row_key(Row((1.5, 1.0), "a"), seed=1)}
    others |= {row_key(Row((1.5, 0.0), "b"), seed=1), row_key(row, seed=1)}
    assert len(others) == 4
    # The keys are part of the contract between engines and releases: same table, same split.
    assert row_key(row, seed=1) == 16675209090913839558


def test_too_few_distinct_rows_names_class_column_and_table() -> None:
    with pytest.raises(
        DataError, match="class 'a' of target column 'y' in table 't' has 2 distinct"
    ):
        find_cuts("a", [5, 5, 6, 6, 6], shares=SplitShares(), schema=SCHEMA)


@pytest.mark.parametrize(("train", "validation"), [(0.9, 0.1), (0, 0.5), (0.5, 0), (0.8, 0.3)])
def test_shares_without_room_for_every_split_are_refused(train: float, validation: float) -> None:
    with pytest.raises(DataError, match="leave a share for testing"):
        SplitShares(train=train, validation=validation)


def test_moments_merge_to_the_same_however_the_rows_are_spread() -> None:
    generator = random.Random(3)
    values = [generator.gauss(1e6, 2.0) for _ in range(500)]
    whole = Moments()
    for value in values:
        whole = whole.add(value)
    parts = [Moments(), Moments(), Moments()]
    for index, value in enumerate(values):
        parts[index % 3] = parts[index % 3].add(value)
    merged = parts[0].merge(parts[1]).merge(parts[2])
    mean = sum(values) / 500
    std = (sum((value - mean) ** 2 for value in values) / 500) ** 0.5
    for moments in (whole, merged):
        assert moments.size == 500
        assert moments.mean == pytest.approx(mean, rel=1e-12)
        assert moments.std == pytest.approx(std, rel=1e-9)
