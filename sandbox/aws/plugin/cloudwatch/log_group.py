"""``aws:cloudwatch/logGroup:LogGroup``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.tagging import Tagging
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import matches, one_of

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTION = {
    0,
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
}


class LogGroup(AwsResource):
    """A log group; retention 0 keeps logs for ever."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    auto_name = AutoName("name", 512)
    immutable = frozenset({"logGroupClass", "name", "namePrefix", "region"})
    mutable = frozenset({"kmsKeyId", "retentionInDays", "skipDestroy", "tags"})
    local = frozenset({"skipDestroy"})
    defaults = {"retentionInDays": 0, "skipDestroy": False}
    unknown_until_created = frozenset({"logGroupClass"})
    tagging = Tagging(
        service="logs",
        list_operation="list_tags_for_resource",
        tag_operation="tag_resource",
        untag_operation="untag_resource",
        resource="resourceArn",
        listed="tags",
        tags="tags",
        keys="tagKeys",
        key="",
    )
    rules = (
        one_of("retentionInDays", _RETENTION),
        one_of("logGroupClass", {"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"}),
        matches("name", r"[.\-_/#A-Za-z0-9]{1,512}", "letters, digits and . - _ / # are allowed"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        name = str(inputs["name"])
        cloud.run(
            "logs",
            "create_log_group",
            logGroupName=name,
            kmsKeyId=inputs.get("kmsKeyId"),
            logGroupClass=inputs.get("logGroupClass"),
            tags=inputs.get("tags") or None,
        )
        if inputs.get("retentionInDays"):
            days = inputs["retentionInDays"]
            cloud.run("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)
        return name

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.run("logs", "describe_log_groups", logGroupNamePrefix=resource_id)
        for found in answer["logGroups"]:
            if found["logGroupName"] == resource_id:
                return {
                    "arn": found["arn"].removesuffix(":*"),
                    "kmsKeyId": found.get("kmsKeyId"),
                    "logGroupClass": found.get("logGroupClass") or "STANDARD",
                    "name": resource_id,
                    "retentionInDays": found.get("retentionInDays") or 0,
                }
        return None

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        name = {"logGroupName": resource_id}
        if "retentionInDays" in changed and new.get("retentionInDays"):
            days = new["retentionInDays"]
            cloud.run("logs", "put_retention_policy", retentionInDays=days, **name)
        elif "retentionInDays" in changed:
            cloud.run("logs", "delete_retention_policy", **name)
        if "kmsKeyId" in changed and new.get("kmsKeyId"):
            cloud.run("logs", "associate_kms_key", kmsKeyId=new["kmsKeyId"], **name)
        elif "kmsKeyId" in changed:
            cloud.run("logs", "disassociate_kms_key", **name)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if not outputs.get("skipDestroy"):
            cloud.run("logs", "delete_log_group", logGroupName=resource_id)

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        return cloud.arn("logs", f"log-group:{resource_id}")
