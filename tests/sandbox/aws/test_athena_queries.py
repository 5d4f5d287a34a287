"""Athena through boto3: what queries answer, and how they fail."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.lake import LAZY, OPEN_CSV, Lake
from tests.sandbox.running import RunningSandbox, eventually


def test_text_that_is_no_number_is_null_with_lazy_simple(lake: Lake) -> None:
    lake.csv_table("t", serde=LAZY)
    assert lake.rows("SELECT * FROM t ORDER BY name") == [
        ["name", "size", "weight"],
        ["ant", "1", "0.5"],
        ["bee", None, None],
        ["cat", "3", "4.25"],
    ]


def test_an_empty_number_fails_with_open_csv_unless_the_table_allows_it(lake: Lake) -> None:
    lake.csv_table("strict", serde=OPEN_CSV)
    lake.csv_table("lenient", serde=OPEN_CSV, properties={"use.null.for.invalid.data": "true"})
    assert "HIVE_BAD_DATA" in lake.failure("SELECT sum(size) FROM strict")
    assert lake.rows("SELECT sum(size) AS s FROM lenient") == [["s"], ["4"]]
    assert lake.rows("SELECT count(name) AS c FROM strict") == [["c"], ["3"]]


def test_columns_have_athenas_type_names(lake: Lake) -> None:
    execution = lake.query(
        "SELECT 1 AS i, sum(2) AS s, 1.5E0 AS d, 'x' AS t, true AS b, DATE '2020-02-03' AS dt, "
        "CAST(1 AS decimal(10,2)) AS dec, ARRAY[1, 2] AS a, TIMESTAMP '2020-02-03 04:05:06' AS ts"
    )
    answer = lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    information = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert {column["Name"]: column["Type"] for column in information} == {
        "i": "integer",
        "s": "bigint",
        "d": "double",
        "t": "varchar",
        "b": "boolean",
        "dt": "date",
        "dec": "decimal",
        "a": "array",
        "ts": "timestamp",
    }
    decimal = next(column for column in information if column["Name"] == "dec")
    assert (decimal["Precision"], decimal["Scale"]) == (10, 2)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 7 / 2", "3"),
        ("SELECT date_diff('day', DATE '2020-01-01', DATE '2020-02-01')", "31"),
        ("SELECT date_parse('2020-03-04', '%Y-%m-%d')", "2020-03-04 00:00:00.000"),
        ("SELECT cardinality(ARRAY[1, 2])", "2"),
        ("SELECT element_at(MAP(ARRAY['a'], ARRAY[5]), 'a')", "5"),
        ("SELECT if(1 > 2, 'a', 'b')", "b"),
        ("SELECT 1e10", "1.0E10"),
        ("SELECT CAST(NULL AS varchar)", None),
    ],
)
def test_prestos_sql_is_understood(lake: Lake, sql: str, expected: str | None) -> None:
    assert lake.rows(sql)[1] == [expected]


def test_a_column_without_a_name_is_numbered(lake: Lake) -> None:
    assert lake.rows("SELECT 1, 2 AS b, 3")[0] == ["_col0", "b", "_col2"]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM nowhere", "TABLE_NOT_FOUND: Table 'awsdatacatalog."),
        ("SELECT missing FROM t", "COLUMN_NOT_FOUND: Column 'missing' cannot be resolved"),
        ("SELEC 1", "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: Only one sql statement is allowed"),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "PERMISSION_DENIED"),
        ("DELETE FROM t", "NOT_SUPPORTED"),
    ],
)
def test_a_failed_query_says_why(lake: Lake, sql: str, reason: str) -> None:
    lake.csv_table("t", serde=LAZY)
    assert reason in lake.failure(sql)


def test_parameters_are_values_and_never_sql(lake: Lake) -> None:
    lake.csv_table("t", serde=LAZY)
    sql = "SELECT size FROM t WHERE name = ?"
    assert lake.rows(sql, ExecutionParameters=["'cat'"]) == [["size"], ["3"]]
    assert lake.rows(sql, ExecutionParameters=["'x'' OR ''1''=''1'"]) == [["size"]]


def test_results_go_where_an_enforcing_workgroup_says(lake: Lake) -> None:
    elsewhere = {"OutputLocation": f"s3://{lake.name}/elsewhere/"}
    execution = lake.query("SELECT 1 AS a", ResultConfiguration=elsewhere)
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{lake.name}/results/{execution['QueryExecutionId']}.csv"
    key = location.removeprefix(f"s3://{lake.name}/")
    assert lake.s3.get_object(Bucket=lake.name, Key=key)["Body"].read() == b'"a"\n"1"\n'
    assert lake.s3.head_object(Bucket=lake.name, Key=f"{key}.metadata")["ContentLength"] > 0


def test_a_query_without_an_output_location_is_refused(lake: Lake) -> None:
    with pytest.raises(ClientError, match="No output location provided"):
        lake.athena.start_query_execution(QueryString="SELECT 1")
    with pytest.raises(ClientError, match="output bucket nobodys"):
        lake.athena.start_query_execution(
            QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://nobodys/x/"}
        )


def test_a_running_query_can_be_stopped(lake: Lake) -> None:
    sql = (
        "SELECT count(*) FROM UNNEST(sequence(1, 10000000)) a(x), "
        "UNNEST(sequence(1, 100000)) b(y) WHERE x * y % 7 = 3"
    )
    identifier = lake.athena.start_query_execution(QueryString=sql, WorkGroup=lake.name)[
        "QueryExecutionId"
    ]
    lake.athena.stop_query_execution(QueryExecutionId=identifier)
    status = lake.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
    assert status["Status"]["State"] == "CANCELLED"
    assert lake.rows("SELECT 1 AS a") == [["a"], ["1"]]


def test_the_same_request_token_is_one_query(lake: Lake) -> None:
    token = "t" * 32
    first = lake.query("SELECT 1 AS a", ClientRequestToken=token)
    assert lake.query("SELECT 1 AS a", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        lake.query("SELECT 2 AS a", ClientRequestToken=token)


def test_partitions_are_read_after_repair_only(lake: Lake) -> None:
    lake.put_parquet("parts/day=1/a.parquet", {"v": [1, 2]})
    lake.put_parquet("parts/day=2/b.parquet", {"v": [10]})
    lake.rows(
        f"CREATE EXTERNAL TABLE parts (v bigint) PARTITIONED BY (day int) STORED AS PARQUET "
        f"LOCATION 's3://{lake.name}/parts/'"
    )
    assert lake.rows("SELECT sum(v) AS s FROM parts") == [["s"], [None]]
    lake.rows("MSCK REPAIR TABLE parts")
    assert lake.rows("SHOW PARTITIONS parts") == [["day=1"], ["day=2"]]
    assert lake.rows("SELECT sum(v) AS s FROM parts WHERE day = 2") == [["s"], ["10"]]


def test_projected_partitions_need_no_registration(lake: Lake) -> None:
    lake.put("events/2024/rows.csv", "1\n2\n")
    lake.put("events/2025/rows.csv", "5\n")
    lake.rows(
        "CREATE EXTERNAL TABLE events (v int) PARTITIONED BY (year string) "
        f"ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://{lake.name}/events/' "
        "TBLPROPERTIES ('projection.enabled'='true', 'projection.year.type'='integer', "
        "'projection.year.range'='2024,2026', "
        f"'storage.location.template'='s3://{lake.name}/events/${{year}}/')"
    )
    found = lake.rows("SELECT year, sum(v) AS s FROM events GROUP BY year ORDER BY year")
    assert found[1:] == [["2024", "3"], ["2025", "5"]]


def test_a_view_is_read_through_to_its_tables(lake: Lake) -> None:
    lake.csv_table("t", serde=LAZY)
    lake.rows("CREATE OR REPLACE VIEW heavy AS SELECT name FROM t WHERE weight > 1")
    assert lake.rows("SELECT * FROM heavy") == [["name"], ["cat"]]
    assert lake.rows("SHOW TABLES") == [["heavy"], ["t"]]


def test_create_table_as_registers_a_table_and_refuses_a_second(lake: Lake) -> None:
    lake.csv_table("t", serde=LAZY)
    created = lake.query("CREATE TABLE copy AS SELECT name, size FROM t WHERE size > 0")
    assert created["Statistics"]["DataManifestLocation"].endswith("-manifest.csv")
    assert lake.rows("SELECT count(*) AS c FROM copy") == [["c"], ["2"]]
    lake.rows("INSERT INTO copy VALUES ('dog', 9)")
    assert lake.rows("SELECT max(size) AS m FROM copy") == [["m"], ["9"]]
    assert "TABLE_ALREADY_EXISTS" in lake.failure("CREATE TABLE copy AS SELECT 1 AS a")
    metadata = lake.athena.get_table_metadata(
        CatalogName="AwsDataCatalog", DatabaseName=lake.name, TableName="copy"
    )["TableMetadata"]
    assert [column["Type"] for column in metadata["Columns"]] == ["string", "int"]


def test_a_workgroups_settings_change_one_by_one(lake: Lake) -> None:
    lake.athena.update_work_group(
        WorkGroup=lake.name,
        ConfigurationUpdates={
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfigurationUpdates": {
                "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "arn:k"}
            },
        },
    )
    group = lake.athena.get_work_group(WorkGroup=lake.name)["WorkGroup"]
    configuration = group["Configuration"]
    assert configuration["BytesScannedCutoffPerQuery"] == 10_000_000
    assert configuration["ResultConfiguration"]["OutputLocation"] == f"s3://{lake.name}/results/"
    assert lake.query("SELECT 1 AS a")["ResultConfiguration"]["EncryptionConfiguration"] == {
        "EncryptionOption": "SSE_KMS",
        "KmsKey": "arn:k",
    }
    with pytest.raises(ClientError, match="already created"):
        lake.athena.create_work_group(Name=lake.name)
    lake.athena.update_work_group(WorkGroup=lake.name, State="DISABLED")
    with pytest.raises(ClientError, match="is disabled"):
        lake.query("SELECT 1")


def test_queries_survive_a_restart(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    lake = Lake(own_sandbox)
    identifier = lake.query("SELECT 41 AS a")["QueryExecutionId"]
    own_sandbox.stop()
    own_sandbox.start()

    def answer() -> object:
        return lake.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]["Rows"]

    assert eventually(answer)[1] == {"Data": [{"VarCharValue": "41"}]}
