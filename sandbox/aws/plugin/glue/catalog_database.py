"""``aws:glue/catalogDatabase:CatalogDatabase``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.glue_resource import TAGGING, GlueResource
from sandbox.aws.plugin.wire import from_wire, shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest, matches

_OUTSIDE = frozenset({"catalogId", "region", "tags"})


class CatalogDatabase(GlueResource):
    """A database of the catalog; its id is ``catalog:name``."""

    token = "aws:glue/catalogDatabase:CatalogDatabase"
    auto_name = AutoName("name", 255, str.lower)
    create_operation = "CreateDatabase"
    immutable = frozenset({"catalogId", "name", "region"})
    mutable = frozenset(
        {
            "createTableDefaultPermissions",
            "description",
            "federatedDatabase",
            "locationUri",
            "parameters",
            "tags",
            "targetDatabase",
        }
    )
    unknown_until_created = frozenset({"catalogId", "createTableDefaultPermissions", "locationUri"})
    untold = frozenset({"createTableDefaultPermissions"})
    tagging = TAGGING
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
        wired = to_wire(sent, shape("glue", "DatabaseInput"), self.names)
        result = {"DatabaseInput": wired}
        if inputs.get("catalogId"):
            result["CatalogId"] = inputs["catalogId"]
        return result

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        tags = TAGGING.packed(inputs["tags"]) if inputs.get("tags") else None
        cloud.run("glue", "create_database", **self.request(inputs), Tags=tags)
        return f"{inputs.get('catalogId') or cloud.account}:{inputs['name']}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        catalog, _, name = resource_id.partition(":")
        found = cloud.run("glue", "get_database", Name=name)["Database"]
        wanted = {key: item for key, item in self.schema.inputs.items() if key not in _OUTSIDE}
        return {
            **from_wire(found, wanted, shape("glue", "Database"), self.names),
            "arn": cloud.arn("glue", f"database/{name}"),
            "catalogId": catalog,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        parameters = self.request(new)
        cloud.run("glue", "update_database", Name=resource_id.partition(":")[2], **parameters)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("glue", "delete_database", Name=resource_id.partition(":")[2])

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        return cloud.arn("glue", f"database/{resource_id.partition(':')[2]}")
