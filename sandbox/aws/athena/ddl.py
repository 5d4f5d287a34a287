"""Statements that only touch the catalog: CREATE, DROP, SHOW, DESCRIBE, ALTER, MSCK."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.aws.athena import show
from sandbox.aws.athena.catalog import Catalog, encode_view
from sandbox.aws.athena.create_table import read_create_table
from sandbox.aws.athena.engine import Session
from sandbox.aws.athena.errors import NotSupported, QueryError
from sandbox.aws.athena.show import Listing
from sandbox.aws.athena.statements import TableName, parse_view
from sandbox.aws.athena.types import duckdb_to_hive
from sandbox.aws.s3 import objects

_NAME = r"[`\"]?[\w.\-]+[`\"]?(?:\.[`\"]?[\w\-]+[`\"]?)*"
_STRING = r"'(?:[^']|'')*'"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where a statement runs: the catalog, the database it defaults to, a directory of its own."""

    catalog: Catalog
    database: str
    workspace: Path


_Handler = Callable[[re.Match[str], Scope], Listing]


def run(text: str, scope: Scope) -> Listing:
    """Carry out one statement; QueryError when it is wrong or beyond the sandbox."""
    for pattern, handler in _HANDLERS:
        if found := pattern.match(text):
            return handler(found, scope)
    raise NotSupported(f"the statement is not answered: {' '.join(text.split())[:120]}")


def _table(text: str, scope: Scope) -> TableName:
    found = re.findall(r"[`\"]([^`\"]+)[`\"]|([^.`\"]+)", text)
    parts = [(quoted or plain).lower() for quoted, plain in found]
    if len(parts) > 3 or (len(parts) == 3 and parts[0] != "awsdatacatalog"):
        raise NotSupported(f"the name {text}: database.table is understood")
    database = parts[-2] if len(parts) > 1 else scope.database
    return TableName(database=database, table=parts[-1])


def _plain(text: str) -> str:
    return text.strip('`"').lower()


def _create_database(found: re.Match[str], scope: Scope) -> Listing:
    name = _plain(found["name"])
    if scope.catalog.has_database(name):
        if found["absent"]:
            return Listing()
        raise QueryError("FAILED", f"Execution Error: AlreadyExistsException: Database {name}")
    given: dict[str, object] = {"Name": name, "Parameters": {}}
    if comment := re.search(rf"(?i)COMMENT\s+({_STRING})", found["rest"]):
        given["Description"] = comment[1][1:-1]
    if location := re.search(rf"(?i)LOCATION\s+({_STRING})", found["rest"]):
        given["LocationUri"] = location[1][1:-1]
    scope.catalog.backend.create_database(name, given)
    return Listing()


def _drop_database(found: re.Match[str], scope: Scope) -> Listing:
    name = _plain(found["name"])
    if not scope.catalog.has_database(name):
        if found["present"]:
            return Listing()
        raise QueryError("FAILED", f"SemanticException: Database does not exist: {name}")
    if scope.catalog.database(name).tables and not found["all"]:
        raise QueryError(
            "FAILED", f"InvalidOperationException: Database {name} is not empty; use CASCADE"
        )
    scope.catalog.backend.delete_database(name)
    return Listing()


def _create_table(found: re.Match[str], scope: Scope) -> Listing:
    name, table_input, absent = read_create_table(found.string, database=scope.database)
    if scope.catalog.has_table(name):
        if absent:
            return Listing()
        raise QueryError("FAILED", f"AlreadyExistsException: Table {name.table} already exists")
    scope.catalog.create(name, table_input)
    return Listing()


def _drop_table(found: re.Match[str], scope: Scope) -> Listing:
    name = _table(found["name"], scope)
    if not scope.catalog.has_table(name):
        if found["present"]:
            return Listing()
        raise QueryError("FAILED", f"SemanticException: Table not found {name.table}")
    scope.catalog.backend.delete_table(name.database, name.table)
    return Listing()


def _create_view(found: re.Match[str], scope: Scope) -> Listing:
    name = _table(found["name"], scope)
    if scope.catalog.has_table(name):
        if not found["replace"]:
            raise QueryError("ALREADY_EXISTS", f"View already exists: {name.table}")
        scope.catalog.backend.delete_table(name.database, name.table)
    query = parse_view(found["query"], database=scope.database)
    session = Session(scope.catalog, scope.workspace)
    try:
        session.load(query)
        columns = [
            {"Name": column.lower(), "Type": duckdb_to_hive(kind)}
            for column, kind in session.columns(query.sql)
        ]
    finally:
        session.close()
    scope.catalog.create(
        name,
        {
            "Name": name.table,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "PartitionKeys": [],
            "StorageDescriptor": {"Columns": columns, "Location": "", "SerdeInfo": {}},
            "ViewOriginalText": encode_view(found["query"], columns, scope.database),
            "ViewExpandedText": "/* Presto View */",
        },
    )
    return Listing()


def _partition_values(text: str) -> dict[str, str]:
    pairs = re.findall(r"[`\"]?(\w+)[`\"]?\s*=\s*('(?:[^']|'')*'|[\w.\-]+)", text)
    return {key.lower(): value.strip("'") for key, value in pairs}


def _add_partitions(found: re.Match[str], scope: Scope) -> Listing:
    name = _table(found["name"], scope)
    entry, table = scope.catalog.entry(name), scope.catalog.table(name)
    keys = [column["Name"] for column in entry.get("PartitionKeys") or []]
    pattern = rf"(?is)PARTITION\s*\((?P<values>[^)]*)\)\s*(?:LOCATION\s+(?P<location>{_STRING}))?"
    for each in re.finditer(pattern, found["rest"]):
        given = _partition_values(each["values"])
        if sorted(given) != sorted(keys):
            raise QueryError("FAILED", f"SemanticException: partition keys are {', '.join(keys)}")
        values = [given[key] for key in keys]
        base = entry["StorageDescriptor"]["Location"].rstrip("/")
        steps = "/".join(f"{key}={given[key]}" for key in keys)
        location = each["location"][1:-1] if each["location"] else f"{base}/{steps}/"
        if any(list(known.values) == values for known in table.partitions.values()):
            if found["absent"]:
                continue
            raise QueryError("FAILED", f"AlreadyExistsException: Partition {values}")
        storage = {**entry["StorageDescriptor"], "Location": location}
        table.create_partition({"Values": values, "StorageDescriptor": storage})
    return Listing()


def _drop_partitions(found: re.Match[str], scope: Scope) -> Listing:
    name = _table(found["name"], scope)
    keys = [column["Name"] for column in scope.catalog.entry(name).get("PartitionKeys") or []]
    table = scope.catalog.table(name)
    for each in re.finditer(r"(?is)PARTITION\s*\(([^)]*)\)", found["rest"]):
        given = _partition_values(each[1])
        for key, partition in list(table.partitions.items()):
            values = dict(zip(keys, partition.values, strict=False))
            if all(values.get(column) == value for column, value in given.items()):
                del table.partitions[key]
    return Listing()


def _repair(found: re.Match[str], scope: Scope) -> Listing:
    """Register the ``key=value/`` folders below the table's location that are not known yet."""
    name = _table(found["name"], scope)
    entry, table = scope.catalog.entry(name), scope.catalog.table(name)
    keys = [column["Name"] for column in entry.get("PartitionKeys") or []]
    location = entry["StorageDescriptor"]["Location"].rstrip("/") + "/"
    if not keys:
        raise QueryError("FAILED", f"SemanticException: table {name.table} is not partitioned")
    known = {tuple(each.values) for each in table.partitions.values()}
    added = []
    for each in objects.list_objects(scope.catalog.account, location):
        steps = each.uri.removeprefix(location).split("/")[: len(keys)]
        pairs = [step.partition("=") for step in steps]
        values = tuple(value for _, _, value in pairs)
        if [key.lower() for key, _, _ in pairs] != keys or values in known:
            continue
        known.add(values)
        folder = location + "/".join(steps) + "/"
        storage = {**entry["StorageDescriptor"], "Location": folder}
        table.create_partition({"Values": list(values), "StorageDescriptor": storage})
        added.append(f"Partitions not in metastore:\t{name.table}:{'/'.join(steps)}")
    return Listing(lines=added)


def _set_properties(found: re.Match[str], scope: Scope) -> Listing:
    name = _table(found["name"], scope)
    entry = scope.catalog.entry(name)
    pairs = re.findall(r"['\"]([^'\"]+)['\"]\s*=\s*['\"]([^'\"]*)['\"]", found["rest"])
    kept: dict[str, Any] = {
        key: entry[key]
        for key in ("Name", "Description", "PartitionKeys", "StorageDescriptor", "TableType")
        if key in entry
    }
    kept["Parameters"] = {**(entry.get("Parameters") or {}), **dict(pairs)}
    scope.catalog.backend.update_table(name.database, name.table, kept)
    return Listing()


def _on_table(answer: Callable[[Catalog, TableName], Listing]) -> _Handler:
    return lambda found, scope: answer(scope.catalog, _table(found["name"], scope))


def _show_tables(found: re.Match[str], scope: Scope) -> Listing:
    database = _plain(found["database"]) if found["database"] else scope.database
    return show.tables(scope.catalog, database, pattern=found["pattern"])


def _compile(pattern: str) -> re.Pattern[str]:
    spaced = pattern.replace(" ", r"\s+").replace("NAME", _NAME)
    return re.compile(rf"(?is)^{spaced}$")


_HANDLERS: list[tuple[re.Pattern[str], _Handler]] = [
    (_compile(pattern), handler)
    for pattern, handler in (
        (
            r"CREATE (?:DATABASE|SCHEMA) (?P<absent>IF NOT EXISTS )?(?P<name>NAME)(?P<rest>.*)",
            _create_database,
        ),
        (
            r"DROP (?:DATABASE|SCHEMA) (?P<present>IF EXISTS )?(?P<name>NAME)(?P<all> CASCADE)?",
            _drop_database,
        ),
        (r"CREATE EXTERNAL TABLE .*", _create_table),
        (r"DROP (?:TABLE|VIEW) (?P<present>IF EXISTS )?(?P<name>NAME)", _drop_table),
        (
            r"CREATE (?P<replace>OR REPLACE )?VIEW (?P<name>NAME) AS (?P<query>.*)",
            _create_view,
        ),
        (
            r"ALTER TABLE (?P<name>NAME) ADD (?P<absent>IF NOT EXISTS )?(?P<rest>PARTITION.*)",
            _add_partitions,
        ),
        (
            r"ALTER TABLE (?P<name>NAME) DROP (?:IF EXISTS )?(?P<rest>PARTITION.*)",
            _drop_partitions,
        ),
        (r"ALTER TABLE (?P<name>NAME) SET TBLPROPERTIES(?P<rest>.*)", _set_properties),
        (r"MSCK REPAIR TABLE (?P<name>NAME)", _repair),
        (r"SHOW (?:DATABASES|SCHEMAS).*", lambda _, scope: show.databases(scope.catalog)),
        (
            r"SHOW TABLES(?: (?:IN|FROM) (?P<database>NAME))?(?: (?:LIKE )?'(?P<pattern>[^']*)')?",
            _show_tables,
        ),
        (r"SHOW CREATE (?:TABLE|VIEW) (?P<name>NAME)", _on_table(show.create_table)),
        (r"SHOW COLUMNS (?:IN|FROM) (?P<name>NAME)", _on_table(show.columns)),
        (r"SHOW PARTITIONS (?P<name>NAME)", _on_table(show.partitions)),
        (r"SHOW TBLPROPERTIES (?P<name>NAME).*", _on_table(show.properties)),
        (r"DESC(?:RIBE)? (?:EXTENDED |FORMATTED )?(?P<name>NAME)", _on_table(show.describe)),
    )
]
