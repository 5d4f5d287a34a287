"""``aws:ec2/flowLog:FlowLog``."""

from typing import Any

from botocore.exceptions import ClientError

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.plugins.rules import exactly_one, one_of

_SUBJECTS = {"eniId": "NetworkInterface", "subnetId": "Subnet", "vpcId": "VPC"}


class FlowLog(Ec2Resource):
    """A record of a network's traffic; never changed, always replaced."""

    token = "aws:ec2/flowLog:FlowLog"
    behaviour = "recorded"
    kind = "vpc-flow-log"
    immutable = frozenset(_SUBJECTS) | {
        "destinationOptions",
        "iamRoleArn",
        "logDestination",
        "logDestinationType",
        "logFormat",
        "maxAggregationInterval",
        "region",
        "trafficType",
    }
    mutable = frozenset({"tags"})
    defaults = {"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}
    unknown_until_created = frozenset({"logDestination", "logFormat"})
    untold = frozenset({"destinationOptions", "iamRoleArn"})
    rules = (
        exactly_one(*_SUBJECTS),
        one_of("logDestinationType", {"cloud-watch-logs", "s3", "kinesis-data-firehose"}),
        one_of("maxAggregationInterval", {60, 600}),
        one_of("trafficType", {"ACCEPT", "REJECT", "ALL"}),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        subject = next(name for name in _SUBJECTS if inputs.get(name))
        options = inputs.get("destinationOptions")
        answer = cloud.run(
            "ec2",
            "create_flow_logs",
            DeliverLogsPermissionArn=inputs.get("iamRoleArn"),
            DestinationOptions=_options(options) if options else None,
            LogDestination=inputs.get("logDestination"),
            LogDestinationType=inputs["logDestinationType"],
            LogFormat=inputs.get("logFormat"),
            MaxAggregationInterval=inputs["maxAggregationInterval"],
            ResourceIds=[inputs[subject]],
            ResourceType=_SUBJECTS[subject],
            TagSpecifications=self.specified(inputs),
            TrafficType=inputs.get("trafficType"),
        )
        for item in answer.get("Unsuccessful") or ():
            raise ClientError({"Error": item["Error"]}, "CreateFlowLogs")
        return str(answer["FlowLogIds"][0])

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        return first(cloud.run("ec2", "describe_flow_logs", FlowLogIds=[resource_id]), "FlowLogs")

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        subject = str(found["ResourceId"])
        prefixes = {"eni-": "eniId", "subnet-": "subnetId", "vpc-": "vpcId"}
        named = {name: subject for head, name in prefixes.items() if subject.startswith(head)}
        return {
            **named,
            "destinationOptions": None,
            "iamRoleArn": found.get("DeliverLogsPermissionArn"),
            "logDestination": found.get("LogDestination"),
            "logDestinationType": found.get("LogDestinationType"),
            "logFormat": found.get("LogFormat"),
            "maxAggregationInterval": found.get("MaxAggregationInterval"),
            "trafficType": found.get("TrafficType"),
        }

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_flow_logs", FlowLogIds=[resource_id])


def _options(given: Properties) -> dict[str, Any]:
    return {
        "FileFormat": given.get("fileFormat", "plain-text"),
        "HiveCompatiblePartitions": bool(given.get("hiveCompatiblePartitions")),
        "PerHourPartition": bool(given.get("perHourPartition")),
    }
