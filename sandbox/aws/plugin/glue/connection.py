"""``aws:glue/connection:Connection``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.glue_resource import TAGGING, GlueResource
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.wire import from_wire, shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest


class Connection(GlueResource):
    """Where in a network a job runs; its id is ``catalog:name``."""

    token = "aws:glue/connection:Connection"
    behaviour = "recorded"
    kind = "connection"
    auto_name = AutoName("name", 255)
    names = {"matchCriterias": "MatchCriteria", "securityGroupIdLists": "SecurityGroupIdList"}
    create_operation = "CreateConnection"
    tagging = TAGGING
    immutable = frozenset({"catalogId", "name", "region"})
    mutable = frozenset(
        {
            "athenaProperties",
            "connectionProperties",
            "connectionType",
            "description",
            "matchCriterias",
            "physicalConnectionRequirements",
            "tags",
        }
    )
    sets = frozenset({"securityGroupIdLists"})
    defaults = {"connectionType": "JDBC"}
    unknown_until_created = frozenset({"catalogId"})
    rules = (
        longest("name", 255),
        longest("description", 2048),
        enumerated("connectionType", "glue", "ConnectionType"),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        skipped = {"catalogId", "region", "tags"}
        sent = {
            name: value
            for name, value in inputs.items()
            if name not in skipped and not name.startswith("__")
        }
        wired = to_wire(sent, shape("glue", "ConnectionInput"), self.names)
        # The API wants the map even where a network connection has nothing to say in it.
        return {"ConnectionInput": {"ConnectionProperties": {}, **wired}}

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        catalog = inputs.get("catalogId") or cloud.account
        cloud.run(
            "glue",
            "create_connection",
            CatalogId=catalog,
            Tags=dict(inputs["tags"]) if inputs.get("tags") else None,
            **self.request(inputs),
        )
        return f"{catalog}:{inputs['name']}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        catalog, _, name = resource_id.partition(":")
        answer = cloud.run("glue", "get_connection", CatalogId=catalog, Name=name)
        skipped = {"arn", "catalogId", "region", "tags", "tagsAll"}
        wanted = {key: item for key, item in self.schema.outputs.items() if key not in skipped}
        told = from_wire(answer["Connection"], wanted, shape("glue", "Connection"), self.names)
        return {**told, "arn": cloud.arn("glue", f"connection/{name}"), "catalogId": catalog}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        catalog, _, name = resource_id.partition(":")
        request = self.request(new)
        cloud.run("glue", "update_connection", CatalogId=catalog, Name=name, **request)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        catalog, _, name = resource_id.partition(":")
        cloud.run("glue", "delete_connection", CatalogId=catalog, ConnectionName=name)
