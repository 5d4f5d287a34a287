"""``aws:kms/alias:Alias``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import matches


def _prefixed(name: str) -> str:
    return name if name.startswith("alias/") else f"alias/{name}"


class Alias(AwsResource):
    """A name of a key."""

    token = "aws:kms/alias:Alias"
    auto_name = AutoName("name", 256, _prefixed)
    immutable = frozenset({"name", "namePrefix", "region"})
    mutable = frozenset({"targetKeyId"})
    rules = (
        matches(
            "name",
            r"alias/(?!aws/)[a-zA-Z0-9/_-]+",
            "must begin with 'alias/' (not 'alias/aws/') and be of letters, digits, /, _ and -",
        ),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        name = str(inputs["name"])
        cloud.run("kms", "create_alias", AliasName=name, TargetKeyId=inputs["targetKeyId"])
        return name

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        for page in cloud.client("kms").get_paginator("list_aliases").paginate():
            for alias in page["Aliases"]:
                if alias["AliasName"] == resource_id:
                    return self._properties(cloud, alias, known)
        return None

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        cloud.run("kms", "update_alias", AliasName=resource_id, TargetKeyId=new["targetKeyId"])

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("kms", "delete_alias", AliasName=resource_id)

    @staticmethod
    def _properties(cloud: Cloud, alias: dict[str, Any], known: Properties) -> dict[str, Any]:
        key_id = str(alias["TargetKeyId"])
        declared = known.get("targetKeyId")
        same = isinstance(declared, str) and declared.rsplit("/", 1)[-1] == key_id
        return {
            "arn": alias["AliasArn"],
            "name": alias["AliasName"],
            "targetKeyArn": cloud.arn("kms", f"key/{key_id}"),
            "targetKeyId": declared if same else key_id,
        }
