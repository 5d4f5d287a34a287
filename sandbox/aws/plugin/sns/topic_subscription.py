"""``aws:sns/topicSubscription:TopicSubscription``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import arn
from sandbox.plugins.rules import json_text, one_of

_ATTRIBUTES = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


class TopicSubscription(AwsResource):
    """Who hears of a topic's messages; its id is its ARN."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    immutable = frozenset({"endpoint", "protocol", "region", "topic"})
    mutable = frozenset(_ATTRIBUTES) | {"confirmationTimeoutInMinutes", "endpointAutoConfirms"}
    local = frozenset({"confirmationTimeoutInMinutes", "endpointAutoConfirms"})
    defaults = {
        "confirmationTimeoutInMinutes": 1,
        "endpointAutoConfirms": False,
        "rawMessageDelivery": False,
    }
    unknown_until_created = frozenset({"filterPolicyScope"})
    rules = (
        arn("topic"),
        one_of(
            "protocol",
            {
                "application",
                "email",
                "email-json",
                "firehose",
                "http",
                "https",
                "lambda",
                "sms",
                "sqs",
            },
        ),
        json_text("filterPolicy"),
        json_text("deliveryPolicy"),
        json_text("redrivePolicy"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        attributes = {
            member: _text(inputs[name])
            for name, member in _ATTRIBUTES.items()
            if inputs.get(name) not in (None, False, "")
        }
        answer = cloud.run(
            "sns",
            "subscribe",
            Attributes=attributes or None,
            Endpoint=inputs["endpoint"],
            Protocol=inputs["protocol"],
            ReturnSubscriptionArn=True,
            TopicArn=inputs["topic"],
        )
        return str(answer["SubscriptionArn"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        answer = cloud.run("sns", "get_subscription_attributes", SubscriptionArn=resource_id)
        found = answer["Attributes"]
        told: dict[str, Any] = {name: found.get(m) for name, m in _ATTRIBUTES.items()}
        told["rawMessageDelivery"] = _true(found, "RawMessageDelivery")
        return {
            **told,
            "arn": resource_id,
            "confirmationWasAuthenticated": _true(found, "ConfirmationWasAuthenticated"),
            "endpoint": found.get("Endpoint"),
            "ownerId": found.get("Owner") or cloud.account,
            "pendingConfirmation": _true(found, "PendingConfirmation"),
            "protocol": found.get("Protocol"),
            "topic": found.get("TopicArn"),
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        for name in sorted(changed & set(_ATTRIBUTES)):
            value = new.get(name)
            cloud.run(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=resource_id,
                AttributeName=_ATTRIBUTES[name],
                AttributeValue="" if value is None else _text(value),
            )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("sns", "unsubscribe", SubscriptionArn=resource_id)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _true(found: dict[str, str], member: str) -> bool:
    return str(found.get(member)).lower() == "true"
