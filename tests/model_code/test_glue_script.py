"""The Glue script against a stand-in for awswrangler; the sandbox's tests use the real one."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from user_errors import DataError

from tests.model_code.sample_table import FEATURES

ARGUMENTS = [
    "--JOB_NAME", "prep", "--job-bookmark-option", "job-bookmark-disable",
    "--database", "lake", "--raw_table", "penguins", "--workgroup", "wg",
    "--processed_uri", "s3://bucket/processed/", "--features", ",".join(FEATURES),
    "--target", "species", "--seed", "42",
    "--train_fraction", "0.70", "--validation_fraction", "0.15",
]  # fmt: skip


class FakeLake:
    """Records what the script asks of awswrangler."""

    def __init__(self, table: pd.DataFrame | None) -> None:
        self.table = table
        self.read: dict[str, Any] = {}
        self.written: dict[str, dict[str, Any]] = {}
        self.uploaded: dict[str, Any] = {}

    def exists(self, **_: str) -> bool:
        return self.table is not None

    def read_sql_table(self, **arguments: Any) -> pd.DataFrame | None:
        self.read = arguments
        return self.table

    def to_parquet(self, **arguments: Any) -> None:
        self.written[arguments["table"]] = arguments

    def upload(self, *, local_file: Any, path: str) -> None:
        self.uploaded[path] = json.loads(local_file.read())


@pytest.fixture
def lake(penguins: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLake]:
    """A catalog with the sample table, in place of awswrangler while the script is imported."""
    fake = FakeLake(pd.read_csv(penguins))
    wrangler = SimpleNamespace(
        catalog=SimpleNamespace(does_table_exist=fake.exists),
        athena=SimpleNamespace(read_sql_table=fake.read_sql_table),
        s3=SimpleNamespace(to_parquet=fake.to_parquet, upload=fake.upload),
    )
    monkeypatch.setitem(sys.modules, "awswrangler", wrangler)
    sys.modules.pop("prepare_glue", None)
    yield fake
    sys.modules.pop("prepare_glue", None)


def test_catalog_table_becomes_three_catalog_tables_and_statistics(lake: FakeLake) -> None:
    import prepare_glue

    prepare_glue.main(ARGUMENTS)
    assert lake.read == {
        "table": "penguins",
        "database": "lake",
        "ctas_approach": False,
        "workgroup": "wg",
    }
    assert list(lake.written) == ["penguins_train", "penguins_validation", "penguins_test"]
    for table, call in lake.written.items():
        split = table.removeprefix("penguins_")
        assert call["path"] == f"s3://bucket/processed/{split}/"
        assert (call["mode"], call["dataset"], call["database"]) == ("overwrite", True, "lake")
        assert set(call["df"].columns) == {*FEATURES, "species"}
    statistics = lake.uploaded["s3://bucket/processed/statistics/statistics.json"]
    assert statistics["rows"] == {
        table.removeprefix("penguins_"): len(call["df"]) for table, call in lake.written.items()
    }


def test_missing_column_names_the_catalog_table_and_writes_nothing(lake: FakeLake) -> None:
    import prepare_glue

    assert lake.table is not None
    lake.table = lake.table.drop(columns="body_mass_g")
    with pytest.raises(DataError, match=r"'body_mass_g' is not in table 'lake.penguins'"):
        prepare_glue.main(ARGUMENTS)
    assert not lake.written
    assert not lake.uploaded


def test_missing_table_names_table_and_database(lake: FakeLake) -> None:
    import prepare_glue

    lake.table = None
    with pytest.raises(DataError, match="'penguins' is not in catalog database 'lake'"):
        prepare_glue.main(ARGUMENTS)
