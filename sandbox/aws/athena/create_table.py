"""CREATE EXTERNAL TABLE: Hive's statement turned into Glue's TableInput."""

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from sandbox.aws.athena.errors import NotSupported, QueryError
from sandbox.aws.athena.statements import TableName, table_name

_LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)


def read_create_table(text: str, *, database: str) -> tuple[TableName, dict[str, Any], bool]:
    """Return the table's name, its TableInput and whether IF NOT EXISTS was said."""
    try:
        tree = sqlglot.parse_one(text, read="hive")
    except SqlglotError as error:
        raise QueryError("FAILED", f"ParseException {' '.join(str(error).split())}") from error
    if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Schema):
        raise NotSupported("this form of CREATE TABLE is not understood")
    name = table_name(tree.this.this, database)
    table: dict[str, Any] = {
        "Name": name.table,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE"},
        "PartitionKeys": [],
    }
    storage: dict[str, Any] = {
        "Columns": _columns(tree.this.expressions),
        "InputFormat": _TEXT_INPUT,
        "OutputFormat": _TEXT_OUTPUT,
        "SerdeInfo": {"SerializationLibrary": _LAZY_SIMPLE, "Parameters": {}},
    }
    properties = tree.args.get("properties")
    for each in properties.expressions if properties else []:
        _apply(each, table, storage)
    if not storage.get("Location"):
        raise QueryError("FAILED", "CREATE EXTERNAL TABLE needs LOCATION 's3://…'")
    table["StorageDescriptor"] = storage
    return name, table, bool(tree.args.get("exists"))


def _apply(each: exp.Expr, table: dict[str, Any], storage: dict[str, Any]) -> None:
    serde = storage["SerdeInfo"]
    match each:
        case exp.SchemaCommentProperty():
            table["Description"] = each.name
        case exp.PartitionedByProperty():
            table["PartitionKeys"] = _columns(each.this.expressions)
        case exp.RowFormatSerdeProperty():
            serde["SerializationLibrary"] = each.name
            given = each.args.get("serde_properties")
            for pair in given.expressions if given else []:
                serde["Parameters"][pair.name] = pair.args["value"].name
        case exp.RowFormatDelimitedProperty():
            for key, argument in (("field.delim", "fields"), ("escape.delim", "escaped")):
                if value := each.args.get(argument):
                    serde["Parameters"][key] = value.name
            if null := each.args.get("null"):
                serde["Parameters"]["serialization.null.format"] = null.name
        case exp.FileFormatProperty():
            _apply_format(each.this, storage)
        case exp.LocationProperty():
            storage["Location"] = each.name
        case exp.Property() if type(each) is exp.Property:
            table["Parameters"][each.name] = each.args["value"].name


def _apply_format(form: exp.Expr, storage: dict[str, Any]) -> None:
    if isinstance(form, exp.InputOutputFormat):
        storage["InputFormat"] = form.args["input_format"].name
        storage["OutputFormat"] = form.args["output_format"].name
    elif form.name.upper() == "PARQUET":
        storage["InputFormat"], storage["OutputFormat"], library = _PARQUET
        storage["SerdeInfo"]["SerializationLibrary"] = library
    elif form.name.upper() != "TEXTFILE":
        raise NotSupported(f"STORED AS {form.name}: PARQUET and TEXTFILE are read")


def _columns(definitions: list[exp.Expr]) -> list[dict[str, str]]:
    columns = []
    for definition in definitions:
        if not isinstance(definition, exp.ColumnDef):
            continue
        kind = definition.args["kind"].sql(dialect="hive").lower().replace(": ", ":")
        column = {"Name": definition.name.lower(), "Type": kind.replace(", ", ",")}
        for constraint in definition.args.get("constraints") or []:
            if isinstance(constraint.args.get("kind"), exp.CommentColumnConstraint):
                column["Comment"] = constraint.args["kind"].name
        columns.append(column)
    return columns
