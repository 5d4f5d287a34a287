"""One DuckDB session that answers one query.

The session sees the tables the query names and nothing else: no file of the machine outside
the query's directory, no extension, no network.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from duckdb.sqltypes import DuckDBPyType

from sandbox.aws.athena import tables
from sandbox.aws.athena.catalog import Catalog, decode_view
from sandbox.aws.athena.errors import QueryError
from sandbox.aws.athena.statements import Query, TableName, parse_view
from sandbox.aws.athena.types import hive_to_duckdb, quote

_T = TypeVar("_T")
_DEEPEST_VIEW = 8


class Cancelled(Exception):
    """The query was stopped by StopQueryExecution."""


@dataclass(frozen=True, kw_only=True)
class Selected:
    """Rows as Python values, with DuckDB's type of each column."""

    columns: list[tuple[str, DuckDBPyType]]
    rows: list[tuple[Any, ...]]


class Session:
    """A DuckDB connection over catalog tables, for one query.

    `workspace` is a directory of the query's own; `scanned_bytes` counts what was read from S3.
    """

    def __init__(self, catalog: Catalog, workspace: Path) -> None:
        self.catalog = catalog
        self.workspace = workspace
        self.scanned_bytes = 0
        self._loaded: set[TableName] = set()
        self._stopped = threading.Event()
        self._connection = duckdb.connect(":memory:", config={"threads": 2})
        for setting in (
            "SET TimeZone='UTC'",
            # Trino divides integers to an integer.
            "SET integer_division=true",
            f"SET allowed_directories=['{workspace}/']",
            f"SET temp_directory='{workspace}/spill'",
        ):
            self._connection.execute(setting)

    def close(self) -> None:
        self._connection.close()

    def stop(self) -> None:
        """Interrupt whatever runs; the running call raises Cancelled."""
        self._stopped.set()
        self._connection.interrupt()

    def load(self, query: Query) -> None:
        """Make every table of the query readable, then shut the session in."""
        if query.whole_catalog:
            for name in self.catalog.names():
                self._describe(name)
        for name in query.tables:
            self._load(name, depth=0)
        self._connection.execute("SET enable_external_access=false")
        self._connection.execute("SET lock_configuration=true")

    def select(self, query: Query) -> Selected:
        cursor = self._run(query.sql)
        columns = [(str(entry[0]), entry[1]) for entry in cursor.description or ()]
        return Selected(columns=columns, rows=self._guarded(cursor.fetchall))

    def columns(self, sql: str) -> list[tuple[str, DuckDBPyType]]:
        """The columns a SELECT would have."""
        cursor = self._run(f"SELECT * FROM ({sql}) LIMIT 0")  # noqa: S608 - names and values are quoted
        return [(str(entry[0]), entry[1]) for entry in cursor.description or ()]

    def copy(self, sql: str, target: Path, options: str) -> int:
        """Write the rows of a SELECT to files; returns how many rows."""
        cursor = self._run(f"COPY ({sql}) TO '{target}' ({options})")
        row = cursor.fetchone()
        return int(row[0]) if row else 0

    def _describe(self, name: TableName) -> None:
        if name in self._loaded:
            return
        self._loaded.add(name)
        table = self.catalog.readable(name)
        self._schema(name)
        columns = ", ".join(
            f"{quote(column.name)} {hive_to_duckdb(column.type)}"
            for column in (*table.columns, *table.partition_columns)
        )
        if columns:
            self._connection.execute(
                f"CREATE TABLE {quote(name.database)}.{quote(name.table)} ({columns})"
            )

    def _schema(self, name: TableName) -> None:
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(name.database)}")

    def _load(self, name: TableName, *, depth: int) -> None:
        if self._stopped.is_set():
            raise Cancelled
        if name in self._loaded:
            return
        if depth > _DEEPEST_VIEW:
            raise QueryError("VIEW_IS_RECURSIVE", f"view {name.database}.{name.table}")
        entry = self.catalog.entry(name)
        self._loaded.add(name)
        self._schema(name)
        view = decode_view(entry)
        if view is None:
            self.scanned_bytes += self._guarded(
                lambda: tables.create_view(
                    self._connection,
                    self.catalog.readable(name),
                    account=self.catalog.account,
                    workspace=self.workspace,
                )
            )
            return
        query = parse_view(view[0], database=view[1])
        for used in query.tables:
            self._load(used, depth=depth + 1)
        self._connection.execute(
            f"CREATE VIEW {quote(name.database)}.{quote(name.table)} AS {query.sql}"
        )

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self._guarded(lambda: self._connection.execute(sql))

    def _guarded(self, work: Callable[[], _T]) -> _T:
        if self._stopped.is_set():
            raise Cancelled
        try:
            return work()
        except duckdb.InterruptException:
            raise Cancelled from None
        except duckdb.Error as error:
            raise _translated(error) from error


def _translated(error: duckdb.Error) -> QueryError:
    """Word an engine's error as Athena does, as far as a reader needs it."""
    text = str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0].partition(": ")[2] or lines[0] if lines else "unknown"
    if "HIVE_BAD_DATA: " in text:
        return QueryError("HIVE_BAD_DATA", first.partition("HIVE_BAD_DATA: ")[2])
    if "Referenced column" in first or "does not have a column named" in first:
        column = first.split('"')[1] if '"' in first else first
        return QueryError("COLUMN_NOT_FOUND", f"Column '{column}' cannot be resolved. {first}")
    if isinstance(error, duckdb.ConversionException):
        return QueryError("INVALID_CAST_ARGUMENT", first)
    if isinstance(error, duckdb.CatalogException) and "unction" in first:
        return QueryError("FUNCTION_NOT_FOUND", first)
    if isinstance(error, duckdb.BinderException):
        return QueryError("TYPE_MISMATCH", first)
    if isinstance(error, duckdb.ParserException):
        return QueryError("SYNTAX_ERROR", first)
    if isinstance(error, duckdb.PermissionException):
        return QueryError("PERMISSION_DENIED", "a query reads tables of the catalog only")
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError("EXCEEDED_MEMORY_LIMIT", first)
    return QueryError("GENERIC_INTERNAL_ERROR", first)
