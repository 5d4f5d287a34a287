"""A small lake for the tests of Athena and Glue: buckets, tables, names of one's own."""

import io
import uuid
from dataclasses import dataclass, field
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from tests.sandbox.running import RunningSandbox

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

ROWS = "name,size,weight\nant,1,0.5\nbee,,\ncat,3,4.25\n"


@dataclass
class Lake:
    """A bucket, a database and an enforcing workgroup of a test's own."""

    sandbox: RunningSandbox
    name: str = field(default_factory=lambda: f"lake{uuid.uuid4().hex[:10]}")

    def __post_init__(self) -> None:
        self.s3.create_bucket(Bucket=self.name)
        self.glue.create_database(DatabaseInput={"Name": self.name})
        self.athena.create_work_group(
            Name=self.name,
            Configuration={
                "EnforceWorkGroupConfiguration": True,
                "ResultConfiguration": {"OutputLocation": f"s3://{self.name}/results/"},
            },
        )

    @property
    def s3(self) -> Any:
        return self.sandbox.client("s3")

    @property
    def glue(self) -> Any:
        return self.sandbox.client("glue")

    @property
    def athena(self) -> Any:
        return self.sandbox.client("athena")

    @property
    def session(self) -> boto3.Session:
        variables = self.sandbox.environment
        return boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_DEFAULT_REGION"],
        )

    def put(self, key: str, body: str | bytes) -> str:
        data = body.encode() if isinstance(body, str) else body
        self.s3.put_object(Bucket=self.name, Key=key, Body=data)
        return f"s3://{self.name}/{key}"

    def put_parquet(self, key: str, columns: dict[str, list[Any]]) -> str:
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer)
        return self.put(key, buffer.getvalue())

    def csv_table(self, name: str, *, serde: str, properties: dict[str, str] | None = None) -> None:
        """A table over ROWS, its columns declared as text, number and number."""
        self.put(f"{name}/rows.csv", ROWS)
        columns = [("name", "string"), ("size", "int"), ("weight", "double")]
        separator = "separatorChar" if serde == OPEN_CSV else "field.delim"
        self.glue.create_table(
            DatabaseName=self.name,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"skip.header.line.count": "1", **(properties or {})},
                "StorageDescriptor": {
                    "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
                    "Location": f"s3://{self.name}/{name}/",
                    "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {separator: ","}},
                },
            },
        )

    def query(self, sql: str, **more: Any) -> dict[str, Any]:
        """Run a query to its end and return its execution."""
        identifier = self.athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.name,
            QueryExecutionContext={"Database": self.name},
            **more,
        )["QueryExecutionId"]
        while True:
            answer = self.athena.get_query_execution(QueryExecutionId=identifier)
            execution: dict[str, Any] = answer["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return execution

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        """The rows of a query that succeeds; a SELECT's header comes first."""
        execution = self.query(sql, **more)
        status = execution["Status"]
        assert status["State"] == "SUCCEEDED", status["StateChangeReason"]
        answer = self.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        return [
            [cell.get("VarCharValue") for cell in row["Data"]]
            for row in answer["ResultSet"]["Rows"]
        ]

    def failure(self, sql: str, **more: Any) -> str:
        """Why a query failed."""
        status = self.query(sql, **more)["Status"]
        assert status["State"] == "FAILED"
        reason: str = status["StateChangeReason"]
        return reason
