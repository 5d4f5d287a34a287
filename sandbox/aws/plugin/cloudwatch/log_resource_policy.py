"""``aws:cloudwatch/logResourcePolicy:LogResourcePolicy``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import policy_text
from sandbox.plugins.rules import exactly_one


class LogResourcePolicy(AwsResource):
    """Which services may write logs in the account."""

    token = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
    behaviour = "recorded"
    immutable = frozenset({"policyName", "region"})
    mutable = frozenset({"policyDocument"})
    rules = (exactly_one("policyName"), policy_text("policyDocument"))

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        cloud.run(
            "logs",
            "put_resource_policy",
            policyName=inputs["policyName"],
            policyDocument=inputs["policyDocument"],
        )
        return str(inputs["policyName"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        for found in cloud.run("logs", "describe_resource_policies")["resourcePolicies"]:
            if found["policyName"] == resource_id:
                document = found["policyDocument"]
                return {"policyDocument": document, "policyName": resource_id}
        return None

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.make(cloud, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("logs", "delete_resource_policy", policyName=resource_id)
