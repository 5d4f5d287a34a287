"""Queries whose rows are stored: CREATE TABLE AS, INSERT INTO and UNLOAD."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox.aws.athena.catalog import Catalog
from sandbox.aws.athena.engine import Session
from sandbox.aws.athena.errors import NotSupported, QueryError
from sandbox.aws.athena.statements import TableName, Write
from sandbox.aws.athena.types import duckdb_to_hive, hive_to_duckdb, quote
from sandbox.aws.s3 import objects

_PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {},
    },
}
_TEXT_FORMATS = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a write left behind: the S3 URIs of its files and the number of rows."""

    files: list[str]
    rows: int


@dataclass(frozen=True, kw_only=True)
class _Format:
    """`copy` are DuckDB's COPY options, `storage` the catalog's words for the same."""

    copy: str
    suffix: str
    storage: dict[str, Any]


def _format(options: dict[str, str]) -> _Format:
    name = options.get("format", "PARQUET").upper()
    compression = options.get("write_compression") or options.get("compression")
    delimiter = options.get("field_delimiter", "\x01")
    if name == "PARQUET":
        codec = (options.get("parquet_compression") or compression or "gzip").lower()
        codec = {"none": "uncompressed"}.get(codec, codec)
        if codec not in {"gzip", "snappy", "zstd", "uncompressed", "lz4"}:
            raise NotSupported(f"compression {codec}: gzip, snappy, zstd, lz4 or none")
        return _Format(copy=f"FORMAT parquet, COMPRESSION {codec}", suffix="", storage=_PARQUET)
    if name == "JSON":
        library = "org.openx.data.jsonserde.JsonSerDe"
        storage = {**_TEXT_FORMATS, "SerdeInfo": {"SerializationLibrary": library}}
        return _Format(copy="FORMAT json, COMPRESSION gzip", suffix=".gz", storage=storage)
    if name == "TEXTFILE":
        library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
        serde = {"SerializationLibrary": library, "Parameters": {"field.delim": delimiter}}
        copy = (
            f"FORMAT csv, HEADER false, DELIMITER '{delimiter}', QUOTE '', ESCAPE '', "
            "NULLSTR '\\N', COMPRESSION gzip"
        )
        return _Format(copy=copy, suffix=".gz", storage={**_TEXT_FORMATS, "SerdeInfo": serde})
    raise NotSupported(f"format {name} is not written; PARQUET, JSON and TEXTFILE are")


def _store(
    session: Session, sql: str, *, location: str, form: _Format, partition_columns: tuple[str, ...]
) -> Stored:
    """Write rows below a location and return the files; no rows, no files."""
    account = session.catalog.account
    target = session.workspace / f"out-{uuid.uuid4().hex}"
    options = form.copy
    if partition_columns:
        target.mkdir()
        names = ", ".join(quote(column) for column in partition_columns)
        options += f", PARTITION_BY ({names})"
    rows = session.copy(sql, target, options)
    written = [target] if not partition_columns else sorted(target.rglob("*"))
    files = []
    for path in (each for each in written if each.is_file() and rows):
        below = path.relative_to(target).parent.as_posix() if partition_columns else ""
        folder = f"{unquote(below)}/" if below not in ("", ".") else ""
        uri = f"{location.rstrip('/')}/{folder}{uuid.uuid4().hex}{form.suffix}"
        try:
            objects.write_object(account, uri, path.read_bytes())
        except objects.ObjectMissing as error:
            raise QueryError("HIVE_WRITER_OPEN_ERROR", str(error)) from error
        files.append(uri)
    return Stored(files=files, rows=rows)


def unload(session: Session, write: Write) -> Stored:
    """Write rows to an empty S3 prefix."""
    assert write.location is not None
    location = write.location.rstrip("/") + "/"
    try:
        taken = objects.list_objects(session.catalog.account, location)
    except objects.ObjectMissing as error:
        raise QueryError("HIVE_WRITER_OPEN_ERROR", str(error)) from error
    if taken:
        raise QueryError("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {location}")
    return _store(
        session,
        write.query.sql,
        location=location,
        form=_format(write.options),
        partition_columns=write.partition_columns,
    )


def create_table_as(session: Session, write: Write, *, location: str) -> Stored:
    """Store the rows as a new table at an S3 prefix."""
    assert write.target is not None
    catalog = session.catalog
    if catalog.has_table(write.target):
        if write.if_absent:
            return Stored(files=[], rows=0)
        name = f"awsdatacatalog.{write.target.database}.{write.target.table}"
        raise QueryError("TABLE_ALREADY_EXISTS", f"Table '{name}' already exists")
    catalog.database(write.target.database)
    form = _format(write.options)
    columns = [
        {"Name": name.lower(), "Type": duckdb_to_hive(kind)}
        for name, kind in session.columns(write.query.sql)
    ]
    _check_names(columns)
    stored = Stored(files=[], rows=0)
    if write.with_data:
        stored = _store(
            session,
            write.query.sql,
            location=location,
            form=form,
            partition_columns=write.partition_columns,
        )
    catalog.create(
        write.target,
        {
            "Name": write.target.table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
            "PartitionKeys": [c for c in columns if c["Name"] in write.partition_columns],
            "StorageDescriptor": {
                **form.storage,
                "Columns": [c for c in columns if c["Name"] not in write.partition_columns],
                "Location": location,
            },
        },
    )
    _register_partitions(catalog, write.target, stored.files)
    return stored


def _check_names(columns: list[dict[str, str]]) -> None:
    names = [column["Name"] for column in columns]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise QueryError(
            "DUPLICATE_COLUMN_NAME", f"Column name '{min(doubled)}' specified more than once"
        )
    if any(column.startswith("_col") for column in names):
        raise QueryError("MISSING_COLUMN_NAME", "Column name not specified at position 1")


def insert(session: Session, write: Write) -> Stored:
    """Add rows to a table, as one more file per partition."""
    assert write.target is not None
    catalog = session.catalog
    table = catalog.readable(write.target)
    declared = [*table.columns, *table.partition_columns]
    names = write.column_names or tuple(column.name for column in declared)
    given = session.columns(write.query.sql)
    if len(given) != len(names):
        raise QueryError(
            "TYPE_MISMATCH",
            f"Insert query has {len(given)} columns, the table takes {len(names)}",
        )
    aliases = ", ".join(quote(name) for name in names)
    cast = ", ".join(
        f"CAST({quote(column.name) if column.name in names else 'NULL'} "
        f"AS {hive_to_duckdb(column.type)}) AS {quote(column.name)}"
        for column in declared
    )
    serde = table.storage.serde.lower()
    kind = "PARQUET" if "parquet" in serde else "JSON" if "json" in serde else "TEXTFILE"
    if "opencsv" in serde:
        raise NotSupported("INSERT INTO a table read by OpenCSVSerde")
    options = {"format": kind}
    if "field.delim" in table.storage.serde_parameters:
        options["field_delimiter"] = table.storage.serde_parameters["field.delim"]
    stored = _store(
        session,
        f"SELECT {cast} FROM ({write.query.sql}) AS given({aliases})",  # noqa: S608 - names and values are quoted
        location=table.storage.location,
        form=_format(options),
        partition_columns=tuple(column.name for column in table.partition_columns),
    )
    _register_partitions(catalog, write.target, stored.files)
    return stored


def _register_partitions(catalog: Catalog, name: TableName, files: list[str]) -> None:
    entry = catalog.entry(name)
    keys = [column["Name"] for column in entry.get("PartitionKeys") or []]
    if not keys:
        return
    table = catalog.table(name)
    known = {tuple(each.values) for each in table.partitions.values()}
    for uri in files:
        location = uri.rsplit("/", 1)[0] + "/"
        steps = [Path(step).name.partition("=") for step in location.rstrip("/").split("/")]
        values = tuple(value for key, mark, value in steps if mark and key.lower() in keys)
        if values not in known:
            known.add(values)
            storage = {**entry["StorageDescriptor"], "Location": location}
            table.create_partition({"Values": list(values), "StorageDescriptor": storage})
