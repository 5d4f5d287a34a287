"""The Glue catalog as queries see it: names in lower case, views told apart from tables."""

import base64
import json
from typing import Any

from moto.glue.exceptions import DatabaseNotFoundException, TableNotFoundException
from moto.glue.models import FakeDatabase, FakeTable, GlueBackend, glue_backends

from sandbox.aws.athena.errors import DatabaseNotFound, TableNotFound
from sandbox.aws.athena.statements import TableName
from sandbox.aws.athena.tables import CatalogTable

_VIEW_START, _VIEW_END = "/* Presto View: ", " */"


class Catalog:
    """The databases and tables of one account and region."""

    def __init__(self, *, account: str, region: str) -> None:
        self.account = account
        self.region = region

    @property
    def backend(self) -> GlueBackend:
        return glue_backends[self.account][self.region]

    def database(self, name: str) -> FakeDatabase:
        try:
            return self.backend.get_database(name)
        except DatabaseNotFoundException:
            raise DatabaseNotFound(name) from None

    def has_database(self, name: str) -> bool:
        return name in self.backend.databases

    def has_table(self, name: TableName) -> bool:
        return (
            self.has_database(name.database) and name.table in self.database(name.database).tables
        )

    def table(self, name: TableName) -> FakeTable:
        try:
            return self.backend.get_table(name.database, name.table)
        except (DatabaseNotFoundException, TableNotFoundException):
            raise TableNotFound(name.database, name.table) from None

    def names(self) -> list[TableName]:
        return [
            TableName(database=database.name, table=table)
            for database in list(self.backend.databases.values())
            for table in list(database.tables)
        ]

    def entry(self, name: TableName) -> dict[str, Any]:
        """The table as GetTable answers it."""
        return self.table(name).as_dict()

    def readable(self, name: TableName) -> CatalogTable:
        table = self.table(name)
        partitions = [each.as_dict() for each in list(table.partitions.values())]
        return CatalogTable(name.database, table.as_dict(), partitions)

    def create(self, name: TableName, table_input: dict[str, Any]) -> None:
        self.database(name.database)
        self.backend.create_table(name.database, name.table, table_input)


def encode_view(sql: str, columns: list[dict[str, str]], database: str) -> str:
    """The text Athena keeps in ViewOriginalText."""
    body = json.dumps(
        {
            "originalSql": sql,
            "catalog": "awsdatacatalog",
            "schema": database,
            "columns": [{"name": each["Name"], "type": each["Type"]} for each in columns],
        }
    )
    return _VIEW_START + base64.b64encode(body.encode()).decode() + _VIEW_END


def decode_view(entry: dict[str, Any]) -> tuple[str, str] | None:
    """The SELECT of a view and the database it was written in; None for a table."""
    text = entry.get("ViewOriginalText") or ""
    if entry.get("TableType") != "VIRTUAL_VIEW" or not text.startswith(_VIEW_START):
        return None
    body = json.loads(base64.b64decode(text.removeprefix(_VIEW_START).removesuffix(_VIEW_END)))
    return str(body["originalSql"]), str(body.get("schema") or entry["DatabaseName"])
