"""A table of the Glue catalog as a DuckDB view over copies of its files.

The files are copied into the query's own directory, so the SQL can be run with every other
file of the machine out of reach.
"""

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sandbox.aws.athena import projection
from sandbox.aws.athena.errors import NotSupported, QueryError
from sandbox.aws.athena.types import hive_to_duckdb, literal, quote
from sandbox.aws.s3 import objects


@dataclass(frozen=True, kw_only=True)
class Column:
    """A declared column: its name in lower case and its Hive type."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Storage:
    """How the files of a table or of one partition are laid out."""

    location: str
    serde: str
    serde_parameters: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A location with the partition values that hold for everything below it."""

    storage: Storage
    values: tuple[str, ...] = ()


def columns_of(entries: list[dict[str, Any]] | None) -> list[Column]:
    """Read columns as the catalog keeps them."""
    return [
        Column(name=entry["Name"].lower(), type=entry.get("Type") or "string")
        for entry in entries or []
    ]


def _storage(descriptor: dict[str, Any]) -> Storage:
    serde = descriptor.get("SerdeInfo") or {}
    return Storage(
        location=descriptor.get("Location") or "",
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=serde.get("Parameters") or {},
    )


class CatalogTable:
    """A table as Glue's GetTable answers it, with its partitions."""

    def __init__(
        self, database: str, table: dict[str, Any], partitions: list[dict[str, Any]]
    ) -> None:
        self.database = database
        self.name = str(table["Name"])
        descriptor = table.get("StorageDescriptor") or {}
        self.parameters: dict[str, str] = table.get("Parameters") or {}
        self.storage = _storage(descriptor)
        self.columns = columns_of(descriptor.get("Columns"))
        self.partition_columns = columns_of(table.get("PartitionKeys"))
        self._partitions = partitions

    def slices(self) -> list[Slice]:
        """Every location to read; none for a partitioned table without partitions."""
        if not self.partition_columns:
            return [Slice(storage=self.storage)]
        if self.parameters.get("projection.enabled", "").lower() == "true":
            return [
                Slice(
                    storage=Storage(
                        location=location,
                        serde=self.storage.serde,
                        serde_parameters=self.storage.serde_parameters,
                    ),
                    values=values,
                )
                for location, values in projection.locations(
                    self.storage.location,
                    [column.name for column in self.partition_columns],
                    self.parameters,
                )
            ]
        return [
            Slice(
                storage=_storage(partition.get("StorageDescriptor") or {}),
                values=tuple(partition.get("Values") or ()),
            )
            for partition in self._partitions
        ]


def create_view(
    connection: duckdb.DuckDBPyConnection, table: CatalogTable, *, account: str, workspace: Path
) -> int:
    """Make ``database.table`` readable in the connection; returns the bytes copied.

    Raises QueryError when the location is missing or the format is not one the sandbox reads.
    """
    selects, scanned = [], 0
    for number, part in enumerate(table.slices()):
        directory = workspace / f"{table.database}.{table.name}" / str(number)
        files, size = _copy(part.storage.location, account=account, directory=directory)
        scanned += size
        if files:
            selects.append(_select(connection, table, part, files))
    if not selects:
        nothing = ", ".join(
            f"CAST(NULL AS {hive_to_duckdb(column.type)}) AS {quote(column.name)}"
            for column in (*table.columns, *table.partition_columns)
        )
        selects.append(f"SELECT {nothing} WHERE false")
    connection.execute(
        f"CREATE VIEW {quote(table.database)}.{quote(table.name)} AS {' UNION ALL '.join(selects)}"
    )
    return scanned


def _copy(location: str, *, account: str, directory: Path) -> tuple[list[str], int]:
    """Copy the data files below a location; hidden ones (``_`` and ``.``) are not data."""
    if not location:
        raise QueryError("HIVE_INVALID_METADATA", "the table has no location")
    try:
        found = objects.list_objects(account, location if location[-1] == "/" else f"{location}/")
    except objects.ObjectMissing as error:
        raise QueryError("HIVE_METASTORE_ERROR", str(error)) from error
    except ValueError as error:
        raise QueryError("HIVE_INVALID_METADATA", str(error)) from error
    files, scanned = [], 0
    for number, each in enumerate(found):
        name = each.key.rsplit("/", 1)[-1]
        if not each.size or not name or name[0] in "_.":
            continue
        directory.mkdir(parents=True, exist_ok=True)
        suffix = "".join(re.findall(r"\.(?:gz|zst)$", name))
        path = directory / f"{number}{suffix}"
        path.write_bytes(objects.read_object(account, each.uri))
        files.append(str(path))
        scanned += each.size
    return files, scanned


def _select(
    connection: duckdb.DuckDBPyConnection, table: CatalogTable, part: Slice, files: list[str]
) -> str:
    serde = part.storage.serde
    if "parquet" in serde.lower():
        columns, source = _parquet(connection, table, files)
    elif serde.endswith("OpenCSVSerde"):
        columns, source = _open_csv(connection, table, part.storage, files)
    elif serde.endswith("LazySimpleSerDe") or not serde:
        columns, source = _lazy_simple(connection, table, part.storage, files)
    elif "json" in serde.lower():
        columns, source = _json(table, files)
    else:
        raise NotSupported(
            f"table {table.database}.{table.name} is read by {serde}; "
            "the formats there are: Parquet, JSON, delimited text (LazySimple), CSV (OpenCSV)"
        )
    for column, value in zip(table.partition_columns, part.values, strict=True):
        hidden = value == "__HIVE_DEFAULT_PARTITION__"
        text = "NULL" if hidden else literal(value)
        columns.append(f"CAST({text} AS {hive_to_duckdb(column.type)}) AS {quote(column.name)}")
    return f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608 - names and values are quoted


def _listing(files: list[str]) -> str:
    return "[" + ", ".join(literal(file) for file in files) + "]"


def _parquet(
    connection: duckdb.DuckDBPyConnection, table: CatalogTable, files: list[str]
) -> tuple[list[str], str]:
    source = f"read_parquet({_listing(files)}, union_by_name=true, hive_partitioning=false)"
    connection.execute(f"SELECT * FROM {source} LIMIT 0")  # noqa: S608 - names and values are quoted
    stored = {entry[0].lower() for entry in connection.description or ()}
    columns = [
        f"CAST({quote(column.name) if column.name in stored else 'NULL'} "
        f"AS {hive_to_duckdb(column.type)}) AS {quote(column.name)}"
        for column in table.columns
    ]
    return columns, source


def _csv_source(
    connection: duckdb.DuckDBPyConnection,
    table: CatalogTable,
    files: list[str],
    *,
    delimiter: str,
    quoting: str,
    escape: str,
    null: str,
) -> str:
    """Read the files as text into a table of their own; its name is the source.

    DuckDB 2.0 moves a TRY_CAST into its CSV reader, where it fails instead of giving NULL:
    a table between the two keeps them apart.
    """
    try:
        skipped = int(table.parameters.get("skip.header.line.count", "0"))
    except ValueError:
        skipped = 0
    columns = ", ".join(f"{literal(column.name)}: 'VARCHAR'" for column in table.columns)
    name = f"csv_{uuid.uuid4().hex}"
    connection.execute(
        f"CREATE TABLE {name} AS SELECT * FROM read_csv({_listing(files)}, "  # noqa: S608 - quoted
        f"auto_detect=false, header=false, skip={skipped}, "
        f"delim={literal(delimiter)}, quote={literal(quoting)}, escape={literal(escape)}, "
        f"nullstr={literal(null)}, null_padding=true, strict_mode=false, "
        f"hive_partitioning=false, columns={{{columns}}})"
    )
    return f"memory.main.{name}"


def _lazy_simple(
    connection: duckdb.DuckDBPyConnection, table: CatalogTable, storage: Storage, files: list[str]
) -> tuple[list[str], str]:
    """Plain delimited text: no quoting, and what does not parse is NULL."""
    parameters = storage.serde_parameters
    source = _csv_source(
        connection,
        table,
        files,
        delimiter=parameters.get("field.delim") or parameters.get("serialization.format") or "\x01",
        quoting="",
        escape=parameters.get("escape.delim", ""),
        null=parameters.get("serialization.null.format", "\\N"),
    )
    return [
        f"TRY_CAST({quote(column.name)} AS {hive_to_duckdb(column.type)}) AS {quote(column.name)}"
        for column in table.columns
    ], source


def _open_csv(
    connection: duckdb.DuckDBPyConnection, table: CatalogTable, storage: Storage, files: list[str]
) -> tuple[list[str], str]:
    """Quoted CSV. A value that is not of the declared type fails the query, as in the cloud.

    https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html: empty values in numeric columns
    are not NULL unless the table says ``use.null.for.invalid.data``.
    """
    parameters = storage.serde_parameters
    quoting = parameters.get("quoteChar", '"')
    source = _csv_source(
        connection,
        table,
        files,
        delimiter=parameters.get("separatorChar", ","),
        quoting=quoting,
        escape=parameters.get("escapeChar", quoting),
        null="\x00",
    )
    lenient = table.parameters.get("use.null.for.invalid.data", "").lower() == "true"
    return [
        _checked(column, number, lenient=lenient) + f" AS {quote(column.name)}"
        for number, column in enumerate(table.columns)
    ], source


def _checked(column: Column, number: int, *, lenient: bool) -> str:
    name, kind = quote(column.name), hive_to_duckdb(column.type)
    if kind == "VARCHAR":
        return name
    # This SerDe reads dates as days and timestamps as milliseconds since 1970.
    parsed = {
        "DATE": f"DATE '1970-01-01' + TRY_CAST({name} AS INTEGER)",
        "TIMESTAMP": f"epoch_ms(TRY_CAST({name} AS BIGINT))",
    }.get(kind, f"TRY_CAST({name} AS {kind})")
    if lenient:
        return parsed
    return (
        f"CASE WHEN {name} IS NOT NULL AND ({parsed}) IS NULL THEN error("
        f"'HIVE_BAD_DATA: Error parsing field value ''' || {name} || ''' for field {number} "
        f"({column.name}): For input string: \"' || {name} || '\"') ELSE {parsed} END"
    )


def _json(table: CatalogTable, files: list[str]) -> tuple[list[str], str]:
    columns = ", ".join(
        f"{literal(column.name)}: {literal(hive_to_duckdb(column.type))}"
        for column in table.columns
    )
    source = (
        f"read_json({_listing(files)}, format='newline_delimited', "
        f"hive_partitioning=false, columns={{{columns}}})"
    )
    return [quote(column.name) for column in table.columns], source
