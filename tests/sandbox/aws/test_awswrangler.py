"""awswrangler, unmodified, against the sandbox."""

from typing import Any

import awswrangler as wr
import pandas as pd
import pytest

from tests.sandbox.aws.lake import LAZY, Lake

# awswrangler 3.17 still passes what pandas 3 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")

SQL = "SELECT name, size FROM t WHERE size IS NOT NULL ORDER BY name"


def test_a_catalog_table_is_read_with_its_declared_types(lake: Lake) -> None:
    lake.csv_table("t", serde=LAZY)
    frame = wr.athena.read_sql_table(
        "t", lake.name, ctas_approach=False, workgroup=lake.name, boto3_session=lake.session
    )
    assert frame["weight"].dtype == "float64"
    assert int(frame["size"].isna().sum()) == 1
    assert len(frame.dropna()) == 2


@pytest.mark.parametrize("approach", ["ctas", "plain", "unload"])
def test_every_way_of_reading_gives_the_same_rows(lake: Lake, approach: str) -> None:
    lake.csv_table("t", serde=LAZY)
    more: dict[str, Any] = {"ctas_approach": approach == "ctas"}
    if approach == "unload":
        more |= {"unload_approach": True, "s3_output": f"s3://{lake.name}/unloaded/"}
    frame = wr.athena.read_sql_query(
        SQL, lake.name, workgroup=lake.name, boto3_session=lake.session, **more
    )
    assert frame["name"].tolist() == ["ant", "cat"]
    assert frame["size"].tolist() == [1, 3]
    assert lake.rows("SHOW TABLES") == [["t"]], "the temporary table is gone"


def test_data_sets_are_overwritten_appended_and_replaced_by_partition(lake: Lake) -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "p": ["u", "u", "v"]})
    target = {
        "path": f"s3://{lake.name}/set/",
        "dataset": True,
        "database": lake.name,
        "table": "data",
        "partition_cols": ["p"],
        "boto3_session": lake.session,
    }

    def values() -> list[str | None]:
        return [row[0] for row in lake.rows("SELECT a FROM data ORDER BY a, p")[1:]]

    wr.s3.to_parquet(frame, mode="overwrite", **target)
    assert values() == ["1", "2", "3"]
    wr.s3.to_parquet(frame, mode="append", **target)
    assert values() == ["1", "1", "2", "2", "3", "3"]
    one = pd.DataFrame({"a": [9], "p": ["u"]})
    wr.s3.to_parquet(one, mode="overwrite_partitions", **target)
    assert values() == ["3", "3", "9"]
    wr.s3.to_parquet(frame, mode="overwrite", **target)
    assert values() == ["1", "2", "3"]
    read = wr.s3.read_parquet_table("data", database=lake.name, boto3_session=lake.session)
    assert sorted(read["a"]) == [1, 2, 3]


def test_the_catalog_answers(lake: Lake) -> None:
    lake.csv_table("t", serde=LAZY)
    session = lake.session
    assert lake.name in wr.catalog.databases(boto3_session=session)["Database"].tolist()
    assert wr.catalog.does_table_exist(lake.name, "t", boto3_session=session)
    assert wr.catalog.get_table_types(lake.name, "t", boto3_session=session) == {
        "name": "string",
        "size": "int",
        "weight": "double",
    }
    described = wr.athena.describe_table("t", lake.name, workgroup=lake.name, boto3_session=session)
    assert described["Column Name"].tolist() == ["name", "size", "weight"]
    found = wr.catalog.search_tables(text="weight", boto3_session=session)
    assert (lake.name, "t") in {(each["DatabaseName"], each["Name"]) for each in found}
