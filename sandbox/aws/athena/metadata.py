"""The Glue catalog through Athena's own calls."""

import re
from typing import Any

from sandbox.aws.athena.catalog import Catalog
from sandbox.aws.athena.workgroups import invalid
from sandbox.aws.context import Call, Refusal
from sandbox.aws.paging import page


class Metadata:
    """The catalog through Athena's own calls."""

    @staticmethod
    def _catalog(call: Call) -> Catalog:
        name = call.params.get("CatalogName") or "AwsDataCatalog"
        if name.lower() != "awsdatacatalog":
            raise invalid(f"Data catalog {name} is not found; the sandbox has AwsDataCatalog")
        return Catalog(account=call.account, region=call.region)

    def _database(self, call: Call) -> Any:
        catalog, name = self._catalog(call), call.params["DatabaseName"].lower()
        if not catalog.has_database(name):
            raise Refusal(
                "MetadataException", f"EntityNotFoundException: Database {name} not found"
            )
        return catalog.database(name)

    def get_database(self, call: Call) -> dict[str, object]:
        return {"Database": _database_entry(self._database(call))}

    def list_databases(self, call: Call) -> dict[str, object]:
        found = sorted(self._catalog(call).backend.databases.values(), key=lambda each: each.name)
        listed, token = page([_database_entry(each) for each in found], call.params, limit=50)
        return {"DatabaseList": listed, "NextToken": token}

    def get_table(self, call: Call) -> dict[str, object]:
        name = call.params["TableName"].lower()
        table = self._database(call).tables.get(name)
        if table is None:
            raise Refusal("MetadataException", f"EntityNotFoundException: Table {name} not found")
        return {"TableMetadata": _table_entry(table.as_dict())}

    def list_tables(self, call: Call) -> dict[str, object]:
        wanted = re.compile(call.params.get("Expression") or ".*", re.IGNORECASE)
        tables = [
            _table_entry(table.as_dict())
            for name, table in sorted(self._database(call).tables.items())
            if wanted.fullmatch(name)
        ]
        listed, token = page(tables, call.params, limit=50)
        return {"TableMetadataList": listed, "NextToken": token}


def _database_entry(database: Any) -> dict[str, Any]:
    return {
        "Name": database.name,
        "Description": database.input.get("Description") or "",
        "Parameters": database.input.get("Parameters") or {},
    }


def _table_entry(entry: dict[str, Any]) -> dict[str, Any]:
    storage = entry.get("StorageDescriptor") or {}
    parameters = dict(entry.get("Parameters") or {})
    for key in ("Location", "InputFormat", "OutputFormat"):
        if storage.get(key):
            parameters[key.lower()] = storage[key]
    return {
        "Name": entry["Name"],
        "TableType": entry.get("TableType"),
        "CreateTime": entry.get("CreateTime"),
        "Columns": storage.get("Columns") or [],
        "PartitionKeys": entry.get("PartitionKeys") or [],
        "Parameters": parameters,
    }
