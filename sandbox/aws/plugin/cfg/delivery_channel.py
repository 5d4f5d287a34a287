"""``aws:cfg/deliveryChannel:DeliveryChannel``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import arn, enumerated
from sandbox.aws.plugin.wire import from_wire, shape, to_wire

_SHAPE = "DeliveryChannel"
_NAMES = {"snapshotDeliveryProperties": "configSnapshotDeliveryProperties"}
_OWN = frozenset(
    {"s3BucketName", "s3KeyPrefix", "s3KmsKeyArn", "snapshotDeliveryProperties", "snsTopicArn"}
)


class DeliveryChannel(AwsResource):
    """Where a recorder's files go; none go. It needs a recorder, and none that records to go."""

    token = "aws:cfg/deliveryChannel:DeliveryChannel"
    behaviour = "recorded"
    immutable = frozenset({"name", "region"})
    mutable = _OWN
    defaults = {"name": "default"}
    rules = (
        arn("s3KmsKeyArn"),
        arn("snsTopicArn"),
        enumerated(
            "snapshotDeliveryProperties.deliveryFrequency", "config", "MaximumExecutionFrequency"
        ),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        sent = {name: inputs[name] for name in {*_OWN, "name"} if name in inputs}
        wired: dict[str, Any] = to_wire(sent, shape("config", _SHAPE), _NAMES)
        return wired

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        cloud.run("config", "put_delivery_channel", DeliveryChannel=self.request(inputs))
        return str(inputs["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run(
            "config", "describe_delivery_channels", DeliveryChannelNames=[resource_id]
        )["DeliveryChannels"][0]
        wanted = {name: self.schema.inputs[name] for name in {*_OWN, "name"}}
        result: dict[str, Any] = from_wire(found, wanted, shape("config", _SHAPE), _NAMES)
        return result

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.make(cloud, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("config", "delete_delivery_channel", DeliveryChannelName=resource_id)
