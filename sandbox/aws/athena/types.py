"""Names of types: Hive's in the catalog, DuckDB's in the engine, Athena's in results."""

import re
from dataclasses import dataclass

from duckdb.sqltypes import DuckDBPyType

from sandbox.aws.athena.errors import NotSupported

_HIVE_TO_DUCKDB = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "integer": "INTEGER",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "real": "FLOAT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "binary": "BLOB",
    "decimal": "DECIMAL(10,0)",
}

# DuckDB widens sums to HUGEINT, which Trino does not have: its sums are bigint.
_DUCKDB_TO_HIVE = {
    "varchar": "string",
    "integer": "int",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "bigint": "bigint",
    "hugeint": "bigint",
    "utinyint": "smallint",
    "usmallint": "int",
    "uinteger": "bigint",
    "ubigint": "bigint",
    "double": "double",
    "float": "float",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamp with time zone": "timestamp",
    "blob": "binary",
    "uuid": "string",
    "json": "string",
    "time": "string",
    "interval": "string",
    "enum": "string",
    '"null"': "string",
    "null": "string",
}

_HIVE_TO_ATHENA = {"string": "varchar", "int": "integer", "binary": "varbinary"}


@dataclass(frozen=True, kw_only=True)
class ResultColumn:
    """One column of a result: its Athena type with precision and scale as the API gives them."""

    name: str
    type: str
    precision: int
    scale: int


def _split_top(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in "<(":
            depth += 1
        elif character in ">)":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def quote(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def hive_to_duckdb(hive_type: str) -> str:
    """Translate a catalog type, nested ones too; NotSupported for an unknown one."""
    name = hive_type.strip().lower()
    if name in _HIVE_TO_DUCKDB:
        return _HIVE_TO_DUCKDB[name]
    if re.fullmatch(r"(varchar|char)\(\s*\d+\s*\)", name):
        return "VARCHAR"
    if re.fullmatch(r"decimal\(\s*\d+\s*(,\s*\d+\s*)?\)", name):
        return name.upper()
    outer, _, inner = hive_type.strip().partition("<")
    inner = inner.rstrip()[:-1] if inner.rstrip().endswith(">") else ""
    if outer.lower() == "array" and inner:
        return f"{hive_to_duckdb(inner)}[]"
    if outer.lower() == "map" and inner:
        key, value = _split_top(inner)
        return f"MAP({hive_to_duckdb(key)}, {hive_to_duckdb(value)})"
    if outer.lower() == "struct" and inner:
        fields = (field.partition(":") for field in _split_top(inner))
        body = ", ".join(
            f"{quote(name.strip())} {hive_to_duckdb(kind)}" for name, _, kind in fields
        )
        return f"STRUCT({body})"
    raise NotSupported(f"column type {hive_type!r} is not known")


def duckdb_to_hive(kind: DuckDBPyType) -> str:
    """Translate the type of a result column into the catalog's name for it."""
    identifier = kind.id
    if identifier == "decimal":
        precision, scale = (int(str(value)) for _, value in kind.children)
        return f"decimal({precision},{scale})"
    if identifier in {"list", "array"}:
        child = kind.children[0][1]
        assert isinstance(child, DuckDBPyType)
        return f"array<{duckdb_to_hive(child)}>"
    if identifier == "map":
        key, value = (child for _, child in kind.children)
        assert isinstance(key, DuckDBPyType)
        assert isinstance(value, DuckDBPyType)
        return f"map<{duckdb_to_hive(key)},{duckdb_to_hive(value)}>"
    if identifier == "struct":
        fields = []
        for name, child in kind.children:
            assert isinstance(child, DuckDBPyType)
            fields.append(f"{name}:{duckdb_to_hive(child)}")
        return f"struct<{','.join(fields)}>"
    return _DUCKDB_TO_HIVE.get(identifier, _DUCKDB_TO_HIVE.get(str(kind).lower(), "string"))


def result_column(name: str, kind: DuckDBPyType) -> ResultColumn:
    """Describe a column as GetQueryResults does: base type name, precision, scale."""
    if str(kind).lower() == "timestamp with time zone":
        return ResultColumn(name=name, type="timestamp with time zone", precision=3, scale=0)
    hive = duckdb_to_hive(kind)
    base = re.split(r"[<(]", hive)[0]
    athena = {"struct": "row"}.get(base, _HIVE_TO_ATHENA.get(base, base))
    precision, scale = _PRECISION.get(athena, 0), 0
    if base == "decimal":
        precision, scale = (int(number) for number in re.findall(r"\d+", hive))
    return ResultColumn(name=name, type=athena, precision=precision, scale=scale)


_PRECISION = {
    "varchar": 2147483647,
    "integer": 10,
    "bigint": 19,
    "smallint": 5,
    "tinyint": 3,
    "double": 17,
    "float": 17,
    "timestamp": 3,
}
