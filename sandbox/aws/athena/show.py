"""SHOW and DESCRIBE: what the catalog holds, as lines of text."""

import re
from dataclasses import dataclass, field

from sandbox.aws.athena.catalog import Catalog, decode_view
from sandbox.aws.athena.errors import DatabaseNotFound
from sandbox.aws.athena.statements import TableName
from sandbox.aws.athena.types import ResultColumn


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The answer to DDL: lines, each one cell of the result, and the names of its columns."""

    lines: list[str] = field(default_factory=list)
    names: tuple[str, ...] = ()

    @property
    def columns(self) -> list[ResultColumn]:
        return [ResultColumn(name=name, type="string", precision=0, scale=0) for name in self.names]


def databases(catalog: Catalog) -> Listing:
    """Answer SHOW DATABASES."""
    return Listing(lines=sorted(catalog.backend.databases), names=("database_name",))


def tables(catalog: Catalog, database: str, *, pattern: str | None) -> Listing:
    """Answer SHOW TABLES."""
    if not catalog.has_database(database):
        raise DatabaseNotFound(database)
    # Hive's pattern: * for anything, | between alternatives.
    wanted = re.compile((pattern or "*").replace("*", ".*"), re.IGNORECASE)
    names = sorted(name for name in catalog.database(database).tables if wanted.fullmatch(name))
    return Listing(lines=names, names=("tab_name",))


def columns(catalog: Catalog, name: TableName) -> Listing:
    """Answer SHOW COLUMNS."""
    entry = catalog.entry(name)
    listed = [*(entry["StorageDescriptor"].get("Columns") or []), *(entry["PartitionKeys"] or [])]
    return Listing(lines=[column["Name"].ljust(20) for column in listed], names=("field",))


def partitions(catalog: Catalog, name: TableName) -> Listing:
    """Answer SHOW PARTITIONS."""
    keys = [column["Name"] for column in catalog.entry(name).get("PartitionKeys") or []]
    lines = [
        "/".join(f"{key}={value}" for key, value in zip(keys, each.values, strict=True))
        for each in catalog.table(name).partitions.values()
    ]
    return Listing(lines=sorted(lines), names=("partition",))


def properties(catalog: Catalog, name: TableName) -> Listing:
    """Answer SHOW TBLPROPERTIES."""
    parameters = catalog.entry(name).get("Parameters") or {}
    lines = [f"{key}\t{value}" for key, value in sorted(parameters.items())]
    return Listing(lines=lines, names=("prpt_name", "prpt_value"))


def describe(catalog: Catalog, name: TableName) -> Listing:
    """Answer DESCRIBE."""
    entry = catalog.entry(name)
    keys = entry.get("PartitionKeys") or []
    lines = [
        "\t".join(
            text.ljust(20)
            for text in (column["Name"], column.get("Type") or "", column.get("Comment") or "")
        )
        for column in [*(entry["StorageDescriptor"].get("Columns") or []), *keys]
    ]
    if keys:
        lines += ["", "# Partition Information", "# col_name\tdata_type\tcomment", ""]
        lines += [f"{key['Name']:<20}\t{key.get('Type') or '':<20}\t{'':<20}" for key in keys]
    return Listing(lines=lines, names=("col_name", "data_type", "comment"))


def create_table(catalog: Catalog, name: TableName) -> Listing:
    """The statement that would make the table again."""
    entry = catalog.entry(name)
    if view := decode_view(entry):
        text = f"CREATE VIEW {name.database}.{name.table} AS\n{view[0]}"
        return Listing(lines=text.splitlines(), names=("Create View",))
    storage = entry["StorageDescriptor"]
    serde = storage.get("SerdeInfo") or {}

    def listed(columns: list[dict[str, str]]) -> str:
        return ", \n".join(f"  `{column['Name']}` {column.get('Type')}" for column in columns)

    def pairs(given: dict[str, str]) -> str:
        return ", \n".join(f"  '{key}'='{value}'" for key, value in sorted(given.items()))

    text = f"CREATE EXTERNAL TABLE `{name.database}.{name.table}`(\n"
    text += listed(storage.get("Columns") or []) + ")\n"
    if keys := entry.get("PartitionKeys"):
        text += f"PARTITIONED BY ( \n{listed(keys)})\n"
    text += f"ROW FORMAT SERDE \n  '{serde.get('SerializationLibrary', '')}' \n"
    if parameters := serde.get("Parameters"):
        text += f"WITH SERDEPROPERTIES ( \n{pairs(parameters)}) \n"
    text += f"STORED AS INPUTFORMAT \n  '{storage.get('InputFormat', '')}' \n"
    text += f"OUTPUTFORMAT \n  '{storage.get('OutputFormat', '')}'\n"
    text += f"LOCATION\n  '{storage.get('Location', '')}'\n"
    text += f"TBLPROPERTIES (\n{pairs(entry.get('Parameters') or {})})"
    return Listing(lines=text.splitlines(), names=("createtab_stmt",))
