"""``aws:glue/catalogTable:CatalogTable``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.glue_resource import GlueResource
from sandbox.aws.plugin.wire import from_wire, shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest, matches

_OUTSIDE = frozenset({"catalogId", "databaseName", "partitionIndices", "region"})


class CatalogTable(GlueResource):
    """A table of the catalog; its id is ``catalog:database:name``."""

    token = "aws:glue/catalogTable:CatalogTable"
    auto_name = AutoName("name", 255, str.lower)
    create_operation = "CreateTable"
    immutable = frozenset({"catalogId", "databaseName", "name", "region"})
    mutable = frozenset(
        {
            "description",
            "owner",
            "parameters",
            "partitionKeys",
            "retention",
            "storageDescriptor",
            "tableType",
            "targetTable",
            "viewExpandedText",
            "viewOriginalText",
        }
    )
    unknown_until_created = frozenset({"catalogId"})
    rules = (
        longest("name", 255),
        matches("name", r"[^A-Z]+", "no upper-case letters"),
        longest("description", 2048),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        sent = {
            name: value
            for name, value in inputs.items()
            if name not in _OUTSIDE and not name.startswith("__")
        }
        result = {
            "DatabaseName": inputs["databaseName"],
            "TableInput": to_wire(sent, shape("glue", "TableInput"), self.names),
        }
        if inputs.get("catalogId"):
            result["CatalogId"] = inputs["catalogId"]
        return result

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        cloud.run("glue", "create_table", **self.request(inputs))
        catalog = inputs.get("catalogId") or cloud.account
        return f"{catalog}:{inputs['databaseName']}:{inputs['name']}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        catalog, database, name = resource_id.split(":", 2)
        found = cloud.run("glue", "get_table", DatabaseName=database, Name=name)["Table"]
        wanted = {
            key: item for key, item in self.schema.inputs.items() if key in self.mutable | {"name"}
        }
        return {
            **from_wire(found, wanted, shape("glue", "Table"), self.names),
            "arn": cloud.arn("glue", f"table/{database}/{name}"),
            "catalogId": catalog,
            "databaseName": database,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        cloud.run("glue", "update_table", **self.request(new))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        _, database, name = resource_id.split(":", 2)
        cloud.run("glue", "delete_table", DatabaseName=database, Name=name)
