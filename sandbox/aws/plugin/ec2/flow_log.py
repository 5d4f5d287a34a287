"""``aws:ec2/flowLog:FlowLog``."""

from typing import Any

from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.base import Ec2Resource, first
from sandbox.aws.plugin.rules import arn, exactly_one, one_of

_RESOURCES = {
    "vpcId": ("VPC", "vpc-"),
    "subnetId": ("Subnet", "subnet-"),
    "eniId": ("NetworkInterface", "eni-"),
}


class FlowLog(Ec2Resource):
    """A record of a network's traffic; nothing but its tags can change."""

    token = "aws:ec2/flowLog:FlowLog"
    behaviour = "recorded"
    kind = "vpc-flow-log"
    immutable = frozenset(
        {
            *_RESOURCES,
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "region",
            "trafficType",
        }
    )
    mutable = frozenset({"tags"})
    defaults = {"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}
    unknown_until_created = frozenset({"logDestination", "logFormat"})
    rules = (
        exactly_one(*_RESOURCES),
        arn("iamRoleArn"),
        arn("logDestination"),
        one_of("logDestinationType", {"cloud-watch-logs", "s3", "kinesis-data-firehose"}),
        one_of("maxAggregationInterval", {60, 600}),
        one_of("trafficType", {"ACCEPT", "REJECT", "ALL"}),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        name = next(name for name in _RESOURCES if inputs.get(name))
        destination = inputs.get("logDestination")
        answer = cloud.run(
            "ec2",
            "create_flow_logs",
            ResourceIds=[inputs[name]],
            ResourceType=_RESOURCES[name][0],
            DeliverLogsPermissionArn=inputs.get("iamRoleArn"),
            LogDestination=destination.removesuffix(":*") if destination else None,
            LogDestinationType=inputs["logDestinationType"],
            LogFormat=inputs.get("logFormat"),
            MaxAggregationInterval=inputs["maxAggregationInterval"],
            TrafficType=inputs.get("trafficType"),
            TagSpecifications=self.tag_specifications(inputs),
        )
        for failed in answer.get("Unsuccessful") or []:
            raise ResourceFailedError(f"{failed['ResourceId']}: {failed['Error']['Message']}")
        return str(answer["FlowLogIds"][0])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = first(cloud, "describe_flow_logs", FlowLogIds=[resource_id])
        if found is None:
            return None
        watched = str(found["ResourceId"])
        of = {
            name: watched if watched.startswith(prefix) else None
            for name, (_, prefix) in _RESOURCES.items()
        }
        return {
            **self.common(cloud, resource_id, found),
            **of,
            "iamRoleArn": found.get("DeliverLogsPermissionArn"),
            "logDestination": found.get("LogDestination"),
            "logDestinationType": found.get("LogDestinationType"),
            "logFormat": found.get("LogFormat"),
            "maxAggregationInterval": found.get("MaxAggregationInterval"),
            "trafficType": found.get("TrafficType"),
        }

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_flow_logs", FlowLogIds=[resource_id])
