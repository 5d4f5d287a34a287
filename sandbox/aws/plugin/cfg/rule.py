"""``aws:cfg/rule:Rule``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.tagging import Tagging
from sandbox.aws.plugin.wire import from_wire, shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import json_text

_SHAPE = "ConfigRule"
_NAMES = {"name": "ConfigRuleName", "arn": "ConfigRuleArn", "ruleId": "ConfigRuleId"}
_OWN = frozenset({"description", "inputParameters", "maximumExecutionFrequency", "scope", "source"})


class Rule(AwsResource):
    """What AWS Config looks for; nothing is looked at. AWS's own rules must exist by name."""

    token = "aws:cfg/rule:Rule"
    behaviour = "recorded"
    auto_name = AutoName("name", 128)
    immutable = frozenset({"name", "region"})
    mutable = _OWN | {"tags"}
    tagging = Tagging(
        service="config",
        list_operation="list_tags_for_resource",
        tag_operation="tag_resource",
        untag_operation="untag_resource",
        resource="ResourceArn",
    )
    rules = (
        json_text("inputParameters"),
        enumerated("maximumExecutionFrequency", "config", "MaximumExecutionFrequency"),
        enumerated("source.owner", "config", "Owner"),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        sent = {name: inputs[name] for name in {*_OWN, "name"} if name in inputs}
        wired: dict[str, Any] = to_wire(sent, shape("config", _SHAPE), _NAMES)
        return wired

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        tags = self.tagging.packed(inputs["tags"]) if inputs.get("tags") else None
        cloud.run("config", "put_config_rule", ConfigRule=self.request(inputs), Tags=tags)
        return str(inputs["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        listed = cloud.run("config", "describe_config_rules", ConfigRuleNames=[resource_id])
        for found in listed.get("ConfigRules") or ():
            wanted = {name: self.schema.outputs[name] for name in {*_OWN, "arn", "name", "ruleId"}}
            result: dict[str, Any] = from_wire(found, wanted, shape("config", _SHAPE), _NAMES)
            return result
        return None

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        cloud.run("config", "put_config_rule", ConfigRule=self.request(new))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("config", "delete_config_rule", ConfigRuleName=resource_id)
