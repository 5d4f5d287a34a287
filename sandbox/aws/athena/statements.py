"""What kind of statement a query is, and its translation to DuckDB.

Queries are read in Athena's dialect and written in DuckDB's by sqlglot; every table they name
is collected, so that only those are fetched.
"""

import re
from dataclasses import dataclass

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from sandbox.aws.athena.errors import NotSupported, QueryError

CATALOG = "awsdatacatalog"

_DDL_WORDS = ("ALTER", "CREATE", "DESCRIBE", "DESC", "DROP", "MSCK", "SHOW")
_UTILITY = re.compile(r"(?is)^(EXPLAIN|PREPARE|EXECUTE|DEALLOCATE|DELETE|UPDATE|MERGE|VACUUM)\b")
_COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_UNLOAD = re.compile(
    r"(?is)^UNLOAD\s*\((?P<query>.*)\)\s*TO\s*'(?P<location>[^']+)'"
    r"\s*(?:WITH\s*\((?P<options>.*)\))?\s*$"
)
_INSERT = re.compile(r"(?is)^INSERT\s+INTO\b")


@dataclass(frozen=True, kw_only=True)
class TableName:
    """A table of the catalog; both parts in lower case."""

    database: str
    table: str


@dataclass(frozen=True, kw_only=True)
class Query:
    """A SELECT ready for DuckDB and the tables it reads."""

    sql: str
    tables: tuple[TableName, ...]
    whole_catalog: bool = False


@dataclass(frozen=True, kw_only=True)
class Write:
    """A SELECT whose rows are stored: CREATE TABLE AS, INSERT INTO or UNLOAD."""

    kind: str
    query: Query
    target: TableName | None
    location: str | None
    options: dict[str, str]
    partition_columns: tuple[str, ...]
    column_names: tuple[str, ...] = ()
    with_data: bool = True
    if_absent: bool = False


@dataclass(frozen=True, kw_only=True)
class Ddl:
    """A statement on the catalog alone; its text without comments and the closing semicolon."""

    text: str


def tidy(text: str) -> str:
    """Drop leading comments and the closing semicolon."""
    return _COMMENTS.sub("", text).rstrip().rstrip(";").rstrip()


def statement_type(text: str) -> str:
    """DDL, DML or UTILITY, as GetQueryExecution tells it."""
    words = tidy(text).upper().split(None, 1)
    if words and words[0] in _DDL_WORDS:
        return "DDL"
    return "UTILITY" if words and words[0] == "EXPLAIN" else "DML"


def parse(text: str, *, database: str, parameters: list[str]) -> Query | Write | Ddl:
    """Read one statement. `parameters` are the SQL literals that stand for ``?``.

    Raises QueryError for what cannot be parsed or is beyond the sandbox.
    """
    text = tidy(text)
    if not text:
        raise QueryError("SYNTAX_ERROR", "the query is empty")
    if found := _UTILITY.match(text):
        raise NotSupported(f"{found[1].upper()} statements are not answered")
    if unload := _UNLOAD.match(text):
        options = _options(unload["options"] or "")
        return Write(
            kind="UNLOAD",
            query=_query(_read(unload["query"]), database, parameters),
            target=None,
            location=unload["location"],
            options=options,
            partition_columns=_array(options.pop("partitioned_by", "")),
        )
    if _INSERT.match(text):
        return _insert(_read(text), database, parameters)
    if statement_type(text) == "DDL":
        created = _created_from_query(text)
        return _ctas(created, database, parameters) if created else Ddl(text=text)
    return _query(_read(text), database, parameters)


def parse_view(text: str, *, database: str) -> Query:
    """Read the SELECT of a view in the view's own database."""
    return _query(_read(text), database, [])


def table_name(table: exp.Table, database: str) -> TableName:
    """Name a table of the statement in full; the only data source is the account's catalog."""
    catalog = (table.catalog or CATALOG).lower()
    if catalog != CATALOG:
        raise NotSupported(f"data source {catalog}: the only one is AwsDataCatalog")
    return TableName(database=(table.db or database).lower(), table=table.name.lower())


def _read(text: str) -> exp.Expr:
    try:
        parsed = sqlglot.parse(text, read="athena", error_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise QueryError("SYNTAX_ERROR", _plain(str(error))) from error
    statements = [each for each in parsed if each is not None]
    if len(statements) != 1:
        raise QueryError("SYNTAX_ERROR", "Only one sql statement is allowed")
    if isinstance(statements[0], exp.Command):
        raise QueryError("SYNTAX_ERROR", f"mismatched input '{text.split(maxsplit=1)[0]}'")
    return statements[0]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())


def _query(tree: exp.Expr, database: str, parameters: list[str]) -> Query:
    if not isinstance(tree, exp.Query):
        raise NotSupported(f"{tree.key.upper()} statements are not answered")
    _fill_placeholders(tree, parameters)
    _name_columns(tree)
    with_names = {each.alias.lower() for each in tree.find_all(exp.CTE)}
    tables: dict[TableName, None] = {}
    whole_catalog = False
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue
        if not table.db and table.name.lower() in with_names:
            continue
        name = table_name(table, database)
        table.set("catalog", None)
        table.set("db", exp.to_identifier(name.database, quoted=True))
        table.set("this", exp.to_identifier(name.table, quoted=True))
        if name.database == "information_schema":
            whole_catalog = True
        else:
            tables[name] = None
    sql = tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.IGNORE)
    return Query(sql=sql, tables=tuple(tables), whole_catalog=whole_catalog)


def _fill_placeholders(tree: exp.Expr, parameters: list[str]) -> None:
    places = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(places) != len(parameters):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {len(places)} but found {len(parameters)}",
        )
    for place, text in zip(places, parameters, strict=True):
        place.replace(sqlglot.parse_one(text, read="athena"))


def _name_columns(tree: exp.Query) -> None:
    """Trino calls a column without a name ``_col<position>``."""
    if not isinstance(tree, exp.Select):
        return
    for position, column in enumerate(list(tree.expressions)):
        if not isinstance(column, (exp.Alias, exp.Column, exp.Dot)) and not column.is_star:
            column.replace(exp.alias_(column.copy(), f"_col{position}", quoted=True))


def _created_from_query(text: str) -> exp.Create | None:
    if not re.match(r"(?is)^CREATE\s+TABLE\b", text) or not re.search(r"(?i)\bAS\b", text):
        return None
    tree = _read(text)
    if isinstance(tree, exp.Create) and isinstance(tree.expression, exp.Query):
        return tree
    return None


def _ctas(tree: exp.Create, database: str, parameters: list[str]) -> Write:
    options, partitions, with_data = {}, (), True
    properties = tree.args.get("properties")
    for each in properties.expressions if properties else []:
        if isinstance(each, exp.WithDataProperty):
            with_data = not each.args.get("no")
        elif isinstance(each, exp.PartitionedByProperty):
            partitions = tuple(found.name.lower() for found in each.this.expressions)
        elif isinstance(each, exp.LocationProperty):
            options["external_location"] = each.this.name
        elif isinstance(each, exp.FileFormatProperty):
            options["format"] = each.this.name
        elif isinstance(each, exp.Property):
            options[each.name.lower()] = each.args["value"].name
    return Write(
        kind="CTAS",
        query=_query(tree.expression, database, parameters),
        target=table_name(tree.find(exp.Table) or exp.Table(), database),
        location=options.pop("external_location", None),
        options=options,
        partition_columns=partitions,
        with_data=with_data,
        if_absent=bool(tree.args.get("exists")),
    )


def _insert(tree: exp.Expr, database: str, parameters: list[str]) -> Write:
    if not isinstance(tree, exp.Insert) or tree.args.get("overwrite"):
        raise NotSupported("only INSERT INTO is answered")
    target = tree.this
    names: tuple[str, ...] = ()
    if isinstance(target, exp.Schema):
        names = tuple(column.name.lower() for column in target.expressions)
        target = target.this
    source = tree.expression
    if isinstance(source, exp.Values):
        source = exp.select("*").from_(exp.alias_(source, "given", table=True))
    return Write(
        kind="INSERT",
        query=_query(source, database, parameters),
        target=table_name(target, database),
        location=None,
        options={},
        partition_columns=(),
        column_names=names,
    )


def _options(text: str) -> dict[str, str]:
    pairs = re.findall(r"(?is)(\w+)\s*=\s*('(?:[^']*)'|ARRAY\s*\[[^\]]*\]|\w+)", text)
    return {name.lower(): value.strip("'") for name, value in pairs}


def _array(text: str) -> tuple[str, ...]:
    return tuple(found.lower() for found in re.findall(r"['\"]([^'\"]+)['\"]", text))
