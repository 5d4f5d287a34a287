"""What a crawler finds out about files: their tables, format, columns and partitions."""

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from sandbox.aws.athena.types import duckdb_to_hive, literal
from sandbox.aws.s3.objects import StoredObject, read_object
from sandbox.errors import JobError

_PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)
_TEXT = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
# The built-in classifiers know these types in text; everything else is a string.
_TEXT_TYPES = {"int": "bigint", "bigint": "bigint", "double": "double", "boolean": "boolean"}


@dataclass(kw_only=True)
class Found:
    """Files that make one table: `location` ends with a slash, partitions map values to theirs."""

    name: str
    location: str
    files: list[StoredObject]
    partition_keys: list[str] = field(default_factory=list)
    partitions: dict[tuple[str, ...], str] = field(default_factory=dict)


def group(uri: str, objects: list[StoredObject]) -> list[Found]:
    """Divide the objects below a target into tables: ``key=value`` folders are partitions."""
    base = uri.rstrip("/") + "/"
    data = [
        each
        for each in objects
        if each.size and each.key.rsplit("/", 1)[-1][:1] not in ("_", ".", "")
    ]
    if single := [each for each in data if each.uri == uri]:
        return [_table(uri.rsplit("/", 1)[0] + "/", single, name=Path(uri).stem)]
    below = [each for each in data if each.uri.startswith(base)]
    firsts = {
        each.uri.removeprefix(base).split("/")[0]
        for each in below
        if "/" in each.uri.removeprefix(base)
    }
    direct = [each for each in below if "/" not in each.uri.removeprefix(base)]
    if direct or any("=" in first for first in firsts):
        return [_table(base, below)]
    return [table for first in sorted(firsts) for table in group(f"{base}{first}/", below)]


def _table(location: str, files: list[StoredObject], name: str | None = None) -> Found:
    found = Found(
        name=_sanitise(name or location.rstrip("/").rsplit("/", 1)[-1]),
        location=location,
        files=files,
    )
    for each in files:
        steps = each.uri.removeprefix(location).split("/")[:-1]
        pairs = [step.partition("=") for step in steps if "=" in step]
        if not pairs or len(pairs) != len(steps):
            continue
        found.partition_keys = [key.lower() for key, _, _ in pairs]
        values = tuple(value for _, _, value in pairs)
        found.partitions[values] = location + "/".join(steps) + "/"
    return found


def _sanitise(name: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def table_input(found: Found, *, account: str, crawler: str, prefix: str) -> dict[str, Any]:
    """Read the first file and describe the table as Glue's classifiers do.

    Raises JobError when the format is not CSV, JSON or Parquet.
    """
    sample = found.files[0]
    with tempfile.TemporaryDirectory(prefix="crawler-") as directory:
        path = Path(directory) / ("sample" + "".join(Path(sample.key).suffixes[-2:]))
        path.write_bytes(read_object(account, sample.uri))
        classification, columns, serde, parameters = _classify(path, sample)
    formats = _PARQUET[:2] if classification == "parquet" else _TEXT
    sizes = [each.size for each in found.files]
    common = {
        "classification": classification,
        "typeOfData": "file",
        "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
        "objectCount": str(len(sizes)),
        "sizeKey": str(sum(sizes)),
        **parameters,
    }
    names = {column["Name"] for column in columns}
    return {
        "Name": prefix + found.name,
        "TableType": "EXTERNAL_TABLE",
        "Owner": "owner",
        "Parameters": common,
        "PartitionKeys": [
            {"Name": f"{key}_partition" if key in names else key, "Type": "string"}
            for key in found.partition_keys
        ],
        "StorageDescriptor": {
            "Columns": columns,
            "Location": found.location,
            "InputFormat": formats[0],
            "OutputFormat": formats[1],
            "Compressed": sample.key.endswith((".gz", ".zst")),
            "NumberOfBuckets": -1,
            "SerdeInfo": serde,
            "Parameters": common,
        },
    }


_Classified = tuple[str, list[dict[str, str]], dict[str, Any], dict[str, str]]


def _classify(path: Path, sample: StoredObject) -> _Classified:
    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        if path.read_bytes()[:4] == b"PAR1":
            columns = _columns(connection, f"read_parquet({literal(str(path))})")
            library = {"SerializationLibrary": _PARQUET[2], "Parameters": {}}
            return "parquet", columns, library, {"compressionType": "none"}
        head = path.read_bytes()[:200].lstrip()
        if path.name.endswith((".json", ".jsonl", ".json.gz")) or head[:1] == b"{":
            source = f"read_json_auto({literal(str(path))}, format='newline_delimited')"
            paths = ",".join(column["Name"] for column in _columns(connection, source))
            library = {
                "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
                "Parameters": {"paths": paths},
            }
            return "json", _columns(connection, source), library, {}
        return _csv(connection, path)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise JobError(f"{sample.uri} is not CSV, JSON or Parquet: {reason}") from error
    finally:
        connection.close()


def _columns(connection: duckdb.DuckDBPyConnection, source: str) -> list[dict[str, str]]:
    connection.execute(f"SELECT * FROM {source} LIMIT 0")  # noqa: S608 - names and values are quoted
    return [
        {"Name": str(entry[0]).lower(), "Type": duckdb_to_hive(entry[1])}
        for entry in connection.description or ()
    ]


def _csv(connection: duckdb.DuckDBPyConnection, path: Path) -> _Classified:
    row = connection.execute(
        f"SELECT Delimiter, Quote, HasHeader FROM sniff_csv({literal(str(path))})"  # noqa: S608 - names and values are quoted
    ).fetchone()
    assert row is not None
    delimiter, _, has_header = row
    columns = _columns(connection, f"read_csv({literal(str(path))})")
    for column in columns:
        column["Type"] = _TEXT_TYPES.get(column["Type"], "string")
        if not has_header:
            column["Name"] = re.sub(r"^column0*(\d+)$", r"col\1", column["Name"])
    library = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": str(delimiter)},
    }
    parameters = {
        "delimiter": str(delimiter),
        "columnsOrdered": "true",
        "areColumnsQuoted": "false",
    }
    if has_header:
        parameters["skip.header.line.count"] = "1"
    return "csv", columns, library, parameters
