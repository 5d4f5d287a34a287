"""SNS: a topic of the same name with other settings is refused, as in the cloud."""

from typing import Any

from moto.sns.models import SNSBackend, Topic, sns_backends

from sandbox.aws.context import Call, Context, Refusal

# Set through attributes of other names, or changed by the service itself.
_ATTRIBUTES = {
    "DisplayName": "display_name",
    "KmsMasterKeyId": "kms_master_key_id",
    "FifoTopic": "fifo_topic",
    "ContentBasedDeduplication": "content_based_deduplication",
}


def _backend(call: Call) -> SNSBackend:
    return sns_backends[call.account][call.region]


def _find(call: Call) -> Topic | None:
    name = call.params["Name"]
    topics = _backend(call).topics
    return next((topic for arn, topic in topics.items() if arn.rsplit(":", 1)[-1] == name), None)


def create_topic(call: Call) -> Any:
    """The same settings again give the same topic; others are refused."""
    topic = _find(call)
    if topic is not None:
        for name, value in (call.params.get("Attributes") or {}).items():
            attribute = _ATTRIBUTES.get(name)
            if attribute and str(getattr(topic, attribute, None) or "") != str(value):
                raise Refusal(
                    "InvalidParameter",
                    "Invalid parameter: Attributes Reason: Topic already exists with different "
                    "attributes",
                )
        given = call.params.get("Tags")
        tags = {each["Key"]: each["Value"] for each in given or []}
        if given is not None and tags != dict(topic._tags):  # noqa: SLF001 - moto offers no reader
            raise Refusal(
                "InvalidParameter",
                "Invalid parameter: Tags Reason: Topic already exists with different tags",
            )
        return {"TopicArn": topic.arn}
    return call.original()


def subscription_attributes(call: Call) -> Any:
    """An e-mail address stays unconfirmed: nobody clicks the link."""
    arn = call.params["SubscriptionArn"]
    subscription = _backend(call).subscriptions.get(arn)
    if subscription is None:
        raise Refusal("NotFound", "Subscription does not exist")
    attributes = {name: str(value) for name, value in subscription.attributes.items()}
    if subscription.protocol in ("email", "email-json"):
        attributes["PendingConfirmation"] = "true"
    return {"Attributes": attributes}


def install(context: Context) -> None:
    """Plug the operations in."""
    context.operation("sns", "CreateTopic", create_topic)
    context.operation("sns", "GetSubscriptionAttributes", subscription_attributes)
