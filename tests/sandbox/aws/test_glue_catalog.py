"""Crawlers and the catalog's own rules."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.lake import ROWS, Lake
from tests.sandbox.running import eventually


def crawl(lake: Lake, **more: Any) -> dict[str, Any]:
    glue = lake.glue
    if not [name for name in glue.list_crawlers()["CrawlerNames"] if name == lake.name]:
        glue.create_crawler(
            Name=lake.name,
            Role="crawler",
            DatabaseName=lake.name,
            Targets={"S3Targets": [{"Path": f"s3://{lake.name}/raw/"}]},
            **more,
        )
    glue.start_crawler(Name=lake.name)

    def ready() -> dict[str, Any] | None:
        found: dict[str, Any] = glue.get_crawler(Name=lake.name)["Crawler"]
        return found if found["State"] == "READY" else None

    answer: dict[str, Any] = eventually(ready)
    return answer


def columns(lake: Lake, table: str) -> list[tuple[str, str]]:
    found = lake.glue.get_table(DatabaseName=lake.name, Name=table)["Table"]
    return [(each["Name"], each["Type"]) for each in found["StorageDescriptor"]["Columns"]]


def test_a_crawler_infers_tables_a_query_can_read(lake: Lake) -> None:
    lake.put("raw/animals/rows.csv", ROWS)
    lake.put_parquet("raw/visits/day=1/a.parquet", {"n": [1, 2]})
    assert crawl(lake)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert columns(lake, "animals") == [
        ("name", "string"),
        ("size", "bigint"),
        ("weight", "double"),
    ]
    assert columns(lake, "visits") == [("n", "bigint")]
    assert lake.rows("SELECT sum(weight) AS w FROM animals") == [["w"], ["4.75"]]
    assert lake.rows("SELECT sum(n) AS n FROM visits WHERE day = '1'") == [["n"], ["3"]]


@pytest.mark.parametrize(("policy", "changed"), [("LOG", False), ("UPDATE_IN_DATABASE", True)])
def test_an_existing_table_is_touched_only_where_the_policy_says(
    lake: Lake, policy: str, changed: bool
) -> None:
    lake.put("raw/animals/rows.csv", ROWS)
    storage = {
        "Columns": [{"Name": "mine", "Type": "string"}],
        "Location": f"s3://{lake.name}/raw/animals",
    }
    table = {"Name": "owned", "StorageDescriptor": storage}
    lake.glue.create_table(DatabaseName=lake.name, TableInput=table)
    crawl(lake, SchemaChangePolicy={"UpdateBehavior": policy, "DeleteBehavior": "LOG"})
    names = [each["Name"] for each in lake.glue.get_tables(DatabaseName=lake.name)["TableList"]]
    assert names == ["owned"]
    assert (columns(lake, "owned") != [("mine", "string")]) is changed


def test_a_crawl_of_a_missing_bucket_fails_with_the_reason(lake: Lake) -> None:
    lake.glue.create_crawler(
        Name=lake.name,
        Role="crawler",
        DatabaseName=lake.name,
        Targets={"S3Targets": [{"Path": "s3://nobodys-bucket/raw/"}]},
    )
    last = crawl(lake)["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "nobodys-bucket" in last["ErrorMessage"]


def test_a_crawler_is_updated_in_place_and_created_once(lake: Lake) -> None:
    crawl(lake)
    lake.glue.update_crawler(Name=lake.name, TablePrefix="x_", Schedule="cron(0 1 * * ? *)")
    found = lake.glue.get_crawler(Name=lake.name)["Crawler"]
    assert (found["TablePrefix"], found["Schedule"]["ScheduleExpression"]) == (
        "x_",
        "cron(0 1 * * ? *)",
    )
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        lake.glue.create_crawler(
            Name=lake.name, Role="r", Targets={"S3Targets": [{"Path": "s3://a/b"}]}
        )


def test_a_deleted_database_takes_its_tables_and_tags_along(lake: Lake) -> None:
    name = f"{lake.name}_two"
    arn = f"arn:aws:glue:us-east-1:123456789012:database/{name}"
    lake.glue.create_database(DatabaseInput={"Name": name}, Tags={"owner": "a"})
    lake.glue.create_table(DatabaseName=name, TableInput={"Name": "t", "StorageDescriptor": {}})
    with pytest.raises(lake.glue.exceptions.AlreadyExistsException):
        lake.glue.create_database(DatabaseInput={"Name": name})
    lake.glue.delete_database(Name=name)
    lake.glue.create_database(DatabaseInput={"Name": name})
    assert lake.glue.get_tables(DatabaseName=name)["TableList"] == []
    assert lake.glue.get_tags(ResourceArn=arn)["Tags"] == {}
