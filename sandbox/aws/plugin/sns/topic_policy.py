"""``aws:sns/topicPolicy:TopicPolicy``."""

import json
from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import arn, policy_text


class TopicPolicy(AwsResource):
    """Who may publish to a topic; deleting it brings the topic's own policy back."""

    token = "aws:sns/topicPolicy:TopicPolicy"
    behaviour = "recorded"
    immutable = frozenset({"arn", "region"})
    mutable = frozenset({"policy"})
    rules = (arn("arn"), policy_text("policy"))

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        topic = str(inputs["arn"])
        _set(cloud, topic, inputs["policy"])
        return topic

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run("sns", "get_topic_attributes", TopicArn=resource_id)["Attributes"]
        return {
            "arn": resource_id,
            "owner": found.get("Owner") or cloud.account,
            "policy": found.get("Policy"),
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        _set(cloud, resource_id, new["policy"])

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        own = {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes"],
                    "Resource": resource_id,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": cloud.account}},
                }
            ],
        }
        _set(cloud, resource_id, json.dumps(own))


def _set(cloud: Cloud, topic: str, policy: str) -> None:
    cloud.run(
        "sns",
        "set_topic_attributes",
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=policy,
    )
