"""The Beam pipeline prepares exactly what the pandas path prepares."""

import json
import random
from pathlib import Path

import pandas as pd
import pytest
from user_errors import DataError

from tests.model_code.sample_table import FEATURES

beam = pytest.importorskip("prepare_beam", reason="runs where Beam is installed")
SPLITS = ("train", "validation", "test")

# Beam warns about what it may do without.
pytestmark = pytest.mark.filterwarnings("ignore")


def prepare(table: Path, output: Path, **changes: str) -> None:
    columns = table.read_text().partition("\n")[0]
    settings = {"columns": columns, "features": ",".join(FEATURES), "target": "species", **changes}
    beam.main(
        [
            f"--input={table}",
            f"--output={output}",
            "--table=penguins",
            "--runner=FnApiRunner",
            *(f"--{key}={value}" for key, value in settings.items()),
        ]
    )


def rows_of(directory: Path, split: str) -> pd.DataFrame:
    rows = pd.read_parquet(directory / split)
    return rows.sort_values(list(rows.columns)).reset_index(drop=True)


@pytest.fixture(scope="session")
def piped(penguins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("piped")
    prepare(penguins, directory)
    return directory


@pytest.mark.parametrize("split", SPLITS)
def test_splits_hold_the_same_rows_in_the_same_units(
    piped: Path, prepared: Path, split: str
) -> None:
    pd.testing.assert_frame_equal(
        rows_of(piped, split), rows_of(prepared, split), check_dtype=False, rtol=1e-9
    )


def test_statistics_are_the_same_up_to_rounding(piped: Path, prepared: Path) -> None:
    one, two = (
        json.loads((base / "statistics" / "statistics.json").read_text())
        for base in (piped, prepared)
    )
    for key in ("mean", "std"):
        assert one.pop(key) == pytest.approx(two.pop(key), rel=1e-9)
    assert one == two


def test_the_order_of_lines_decides_nothing(penguins: Path, piped: Path, tmp_path: Path) -> None:
    header, *lines = penguins.read_text().splitlines()
    random.Random(1).shuffle(lines)
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text("\n".join([header, *lines]) + "\n")
    prepare(shuffled, tmp_path / "out")
    pd.testing.assert_frame_equal(
        rows_of(tmp_path / "out", "test"), rows_of(piped, "test"), rtol=1e-9
    )


def test_what_an_earlier_run_left_is_gone(penguins: Path, tmp_path: Path) -> None:
    stale = tmp_path / "train" / "part-00007-of-00008.parquet"
    stale.parent.mkdir()
    stale.write_bytes(b"old")
    prepare(penguins, tmp_path)
    assert not stale.exists()
    assert len(rows_of(tmp_path, "train")) == 240


def test_a_missing_column_is_told_before_anything_runs(penguins: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'wing' is not in table 'penguins', which has: species"):
        prepare(penguins, tmp_path, features="wing")
    assert list(tmp_path.iterdir()) == []


def test_a_worker_s_error_reaches_the_user_in_its_own_words(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b,kind\n1,2,x\n1,2\n")
    with pytest.raises(DataError, match="a line with 2 values where its header names 3 columns"):
        prepare(table, tmp_path / "out", features="a,b", target="kind")
    assert not (tmp_path / "out" / "statistics" / "statistics.json").exists()
