"""``aws:sns/topic:Topic``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import policy_text
from sandbox.aws.plugin.tagging import Tagging
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import json_text, longest, matches, one_of

_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "fifoTopic": "FifoTopic",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}
_SWITCHES = {"contentBasedDeduplication", "fifoTopic"}
TAGGING = Tagging(
    service="sns",
    list_operation="list_tags_for_resource",
    tag_operation="tag_resource",
    untag_operation="untag_resource",
    resource="ResourceArn",
)


class Topic(AwsResource):
    """A topic; its id is its ARN."""

    token = "aws:sns/topic:Topic"
    auto_name = AutoName("name", 256)
    immutable = frozenset({"fifoTopic", "name", "namePrefix", "region"})
    mutable = (frozenset(_ATTRIBUTES) - {"fifoTopic"}) | {"tags"}
    defaults = {"contentBasedDeduplication": False, "fifoTopic": False}
    unknown_until_created = frozenset({"policy", "signatureVersion", "tracingConfig"})
    untold = frozenset({"signatureVersion", "tracingConfig", "deliveryPolicy"})
    tagging = TAGGING
    rules = (
        matches("name", r"[\w\-]{1,256}(\.fifo)?", "at most 256 letters, digits, _ and -"),
        longest("displayName", 100),
        policy_text("policy"),
        json_text("deliveryPolicy"),
        one_of("tracingConfig", {"Active", "PassThrough"}),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        attributes = {
            member: _text(inputs[name])
            for name, member in _ATTRIBUTES.items()
            if inputs.get(name) not in (None, False, "")
        }
        tags = TAGGING.packed(inputs["tags"]) if inputs.get("tags") else None
        answer = cloud.run(
            "sns", "create_topic", Name=inputs["name"], Attributes=attributes or None, Tags=tags
        )
        return str(answer["TopicArn"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run("sns", "get_topic_attributes", TopicArn=resource_id)["Attributes"]
        told: dict[str, Any] = {name: found.get(m) for name, m in _ATTRIBUTES.items()}
        told |= {name: str(found.get(_ATTRIBUTES[name])).lower() == "true" for name in _SWITCHES}
        if told["signatureVersion"] is not None:
            told["signatureVersion"] = int(told["signatureVersion"])
        return {
            **told,
            "arn": resource_id,
            "name": resource_id.rsplit(":", 1)[-1],
            "owner": found.get("Owner") or cloud.account,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        for name in sorted(changed & set(_ATTRIBUTES)):
            value = new.get(name)
            cloud.run(
                "sns",
                "set_topic_attributes",
                TopicArn=resource_id,
                AttributeName=_ATTRIBUTES[name],
                AttributeValue="" if value is None else _text(value),
            )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("sns", "delete_topic", TopicArn=resource_id)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
