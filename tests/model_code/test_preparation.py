"""A table into three normalised splits and their statistics."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import prepare
import pytest
from column_statistics import Moments, fit_statistics, normalise
from stratified_split import SPLITS, SplitShares, assign_split, find_cuts, row_key
from table_schema import TableSchema, parse_row
from user_errors import DataError

from tests.model_code.sample_table import FEATURES

PENGUINS = TableSchema(table="penguins", features=FEATURES, target="species")
WINES = TableSchema(table="wines", features=("acid", "sugar"), target="grape")


def _prepare(table: pd.DataFrame, schema: TableSchema, *, seed: int = 42) -> prepare.PreparedTable:
    return prepare.prepare_table(table, schema=schema, shares=SplitShares(), seed=seed)


def _wines(rows: int = 60) -> pd.DataFrame:
    generator = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "sugar": generator.normal(10, 3, rows),
            "acid": generator.normal(1, 0.1, rows),
            "grape": [("syrah", "merlot", "pinot")[i % 3] for i in range(rows)],
            "year": None,
        }
    )


def _keys(frame: pd.DataFrame) -> set[tuple[object, ...]]:
    return {tuple(row) for row in frame.round(9).itertuples(index=False)}


def test_only_rows_with_a_gap_in_a_used_column_are_dropped(penguins: Path) -> None:
    statistics = _prepare(prepare.read_table(penguins), PENGUINS).statistics
    assert sum(statistics.rows.values()) == 342


def test_split_is_70_15_15_in_every_class_and_disjoint(penguins: Path) -> None:
    splits = _prepare(prepare.read_table(penguins), PENGUINS).splits
    sizes = pd.DataFrame({name: frame["species"].value_counts() for name, frame in splits.items()})
    shares = sizes.div(sizes.sum(axis=1), axis=0)
    assert np.allclose(shares[list(SPLITS)], [0.70, 0.15, 0.15], atol=0.01)
    keys = [_keys(frame) for frame in splits.values()]
    assert len(set.union(*keys)) == sum(map(len, keys)) == 342


def test_training_split_has_mean_zero_and_std_one_and_others_do_not(penguins: Path) -> None:
    prepared = _prepare(prepare.read_table(penguins), PENGUINS)
    train = prepared.splits["train"][list(FEATURES)].to_numpy()
    assert np.allclose(train.mean(axis=0), 0)
    assert np.allclose(train.std(axis=0), 1)
    test = prepared.splits["test"][list(FEATURES)].to_numpy()
    assert not np.allclose(test.mean(axis=0), 0, atol=1e-3)


def test_statistics_turn_normalised_rows_back_into_the_table(penguins: Path) -> None:
    prepared = _prepare(prepare.read_table(penguins), PENGUINS)
    raw = pd.read_csv(penguins)[list(FEATURES)].dropna()
    statistics = prepared.statistics
    rows = pd.concat(list(prepared.splits.values()))
    back = {name: rows[name] * statistics.std[name] + statistics.mean[name] for name in FEATURES}
    assert _keys(pd.DataFrame(back)) == _keys(raw.astype(float))


def test_split_depends_on_the_rows_and_seed_not_on_their_order() -> None:
    table = _wines()
    first = _prepare(table, WINES)
    shuffled = _prepare(table.sample(frac=1, random_state=3), WINES)
    other = _prepare(table, WINES, seed=43)
    for split in SPLITS:
        pd.testing.assert_frame_equal(first.splits[split], shuffled.splits[split])
    assert _keys(first.splits["test"]) != _keys(other.splits["test"])


def test_row_by_row_engine_gets_the_same_split_and_statistics(penguins: Path) -> None:
    records = pd.read_csv(penguins, dtype=str, keep_default_na=False).to_dict("records")
    rows = [row for row in (parse_row(r, schema=PENGUINS) for r in records) if row]
    keys: dict[str, list[int]] = {}
    for row in rows:
        keys.setdefault(row.label, []).append(row_key(row, seed=42))
    cuts = {
        label: find_cuts(label, keys[label], shares=SplitShares(), schema=PENGUINS)
        for label in keys
    }
    splits: dict[str, list[tuple[float, ...]]] = {split: [] for split in SPLITS}
    for row in rows:
        splits[assign_split(row.label, row_key(row, seed=42), cuts=cuts)].append(row.features)
    moments = [Moments() for _ in FEATURES]
    for features in splits["train"]:
        moments = [m.add(value) for m, value in zip(moments, features, strict=True)]
    counts = {str(split): len(splits[split]) for split in SPLITS}
    statistics = fit_statistics(moments, schema=PENGUINS, classes=list(keys), rows=counts)

    expected = _prepare(prepare.read_table(penguins), PENGUINS)
    assert statistics.rows == expected.statistics.rows
    assert statistics.classes == expected.statistics.classes
    name = FEATURES[0]
    mean, std = statistics.mean[name], statistics.std[name]
    mine = sorted(normalise(features[0], mean=mean, std=std) for features in splits["test"])
    theirs = sorted(expected.splits["test"][name])
    assert mine == pytest.approx(theirs, abs=1e-12)


def test_another_table_with_other_columns_and_whole_number_target_is_prepared() -> None:
    table = _wines().assign(grape=[i % 2 for i in range(60)])
    prepared = _prepare(table, WINES)
    assert list(prepared.splits["train"].columns) == ["acid", "sugar", "grape"]
    assert prepared.statistics.classes == ["0", "1"]


def test_text_and_number_columns_give_the_same_result() -> None:
    table = _wines()
    as_text = table.astype({"acid": str, "sugar": str})
    nullable = table.astype({"acid": "Float64", "grape": "category"})
    expected = _prepare(table, WINES)
    for other in (as_text, nullable):
        pd.testing.assert_frame_equal(
            _prepare(other, WINES).splits["train"], expected.splits["train"]
        )


def _refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _prepare(table, WINES)


def test_unusable_tables_are_refused_with_the_name_of_what_is_wrong() -> None:
    table = _wines()
    _refused(table.drop(columns="acid"), "feature column 'acid' is not in table 'wines'.*sugar")
    _refused(table.drop(columns="grape"), "target column 'grape' is not in table 'wines'")
    _refused(table.assign(acid=0.1), "'acid' of table 'wines' is constant")
    _refused(table.assign(acid="sour"), "'acid' of table 'wines' holds 'sour', which is not a num")
    _refused(table.assign(acid=True), "'acid' of table 'wines' holds .*True")
    _refused(table.assign(acid=np.inf), "'acid' of table 'wines' holds an infinite number")
    _refused(table.assign(acid=1e308 * np.linspace(-1, 1, 60)), "'acid' .* too large")
    _refused(table.assign(acid=None), "table 'wines' has no row with a value in every one of acid")
    _refused(table.iloc[:0], "table 'wines' has no row")
    _refused(table.assign(grape="syrah"), "'grape' of table 'wines' has one class only, 'syrah'")
    rare = table.assign(grape=["malbec", "malbec", *table["grape"][2:]])
    _refused(rare, "class 'malbec' of target column 'grape' in table 'wines' has 2 distinct")


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(Path(prepare.__file__)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_line_failure_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    table = tmp_path / "wines.csv"
    table.write_text("")
    outcome = _run(
        "--input", str(table), "--output", str(tmp_path), "--features", "a", "--target", "b"
    )
    assert outcome.returncode == 1
    assert outcome.stderr == f"error: table {table} is empty: it needs a header line and rows\n"


def test_prepared_files_are_the_channels_of_training(prepared: Path) -> None:
    statistics = json.loads((prepared / "statistics" / "statistics.json").read_text())
    assert statistics["features"] == list(FEATURES)
    assert statistics["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    for split in SPLITS:
        assert len(pd.read_parquet(prepared / split)) == statistics["rows"][split]
