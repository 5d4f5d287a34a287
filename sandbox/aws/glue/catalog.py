"""The Data Catalog where moto's differs from the cloud's."""

import functools
import re
from typing import Any

from moto.glue.models import GlueBackend, glue_backends

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.paging import page

_NAME = re.compile(r"[^\x00-\x1f/]{1,255}")


def backend(call: Call) -> GlueBackend:
    """moto's state of the call's account and region."""
    return glue_backends[call.account][call.region]


def _arn(call: Call, path: str) -> str:
    return f"{backend(call).default_catalog_arn.rpartition(':')[0]}:{path}"


def create_database(call: Call) -> Any:
    """Names are kept in lower case, as the cloud does."""
    given = call.params["DatabaseInput"]
    name = given["Name"].lower()
    if not _NAME.fullmatch(name):
        raise Refusal("InvalidInputException", f"Database name {name!r} is not valid")
    if "CatalogId" in call.params:
        given["CatalogId"] = call.params["CatalogId"]
    given["Name"] = name
    backend(call).create_database(name, given, call.params.get("Tags"))


def delete_database(call: Call) -> None:
    """Its tables go with it, and its tags: a new one of the same name starts without them."""
    name = call.params["Name"].lower()
    backend(call).delete_database(name)
    backend(call).tagger.delete_all_tags_for_resource(_arn(call, f"database/{name}"))


def create_table(call: Call) -> Any:
    """Names are kept in lower case, as the cloud does."""
    given = call.params.get("TableInput") or {}
    name = str(given.get("Name") or call.params.get("Name") or "")
    if not _NAME.fullmatch(name):
        raise Refusal("InvalidInputException", f"Table name {name!r} is not valid")
    if name != name.lower():
        # The catalog folds names to lower case; a query finds them only so.
        given["Name"] = name.lower()
    backend(call).create_table(
        call.params["DatabaseName"],
        name.lower(),
        given,
        call.params.get("OpenTableFormatInput"),
    )


def search_tables(call: Call) -> dict[str, object]:
    """Tables whose name, description or columns contain the text; filters compare with equals."""
    text = (call.params.get("SearchText") or "").strip('"').lower()
    filters = call.params.get("Filters") or []
    found = []
    for database in backend(call).databases.values():
        for table in database.tables.values():
            entry = table.as_dict()
            columns = (entry.get("StorageDescriptor") or {}).get("Columns") or []
            words = [entry["Name"], entry.get("Description") or "", *(c["Name"] for c in columns)]
            if text and not any(text in word.lower() for word in words):
                continue
            if all(_matches(entry, each) for each in filters):
                found.append(entry)
    listed, token = page(found, call.params, limit=100)
    return {"TableList": listed, "NextToken": token}


def _matches(entry: dict[str, Any], condition: dict[str, str]) -> bool:
    key, value = condition.get("Key", ""), condition.get("Value", "")
    actual = entry.get(key) or (entry.get("Parameters") or {}).get(key) or ""
    return value in str(actual) if key in {"Name", "DatabaseName"} else str(actual) == value


def install(context: Context) -> None:
    """Plug the operations in."""
    add = functools.partial(context.operation, "glue")
    add("CreateDatabase", create_database)
    add("DeleteDatabase", delete_database)
    add("CreateTable", create_table)
    add("SearchTables", search_tables)
