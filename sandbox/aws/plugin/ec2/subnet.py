"""``aws:ec2/subnet:Subnet``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.ranges import cidr_block
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.plugins.rules import conflicting


class Subnet(Ec2Resource):
    """A part of a network in one zone."""

    token = "aws:ec2/subnet:Subnet"
    behaviour = "recorded"
    kind = "subnet"
    immutable = frozenset(
        {"availabilityZone", "availabilityZoneId", "cidrBlock", "region", "vpcId"}
    )
    mutable = frozenset({"mapPublicIpOnLaunch", "tags"})
    defaults = {"mapPublicIpOnLaunch": False}
    unknown_until_created = frozenset({"availabilityZone", "availabilityZoneId"})
    rules = (
        cidr_block("cidrBlock", 16, 28),
        conflicting("availabilityZone", "availabilityZoneId"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_subnet",
            AvailabilityZone=inputs.get("availabilityZone"),
            AvailabilityZoneId=inputs.get("availabilityZoneId"),
            CidrBlock=inputs.get("cidrBlock"),
            TagSpecifications=self.specified(inputs),
            VpcId=inputs["vpcId"],
        )
        subnet_id = str(answer["Subnet"]["SubnetId"])
        if inputs.get("mapPublicIpOnLaunch"):
            self.change(cloud, subnet_id, {}, inputs, {"mapPublicIpOnLaunch"})
        return subnet_id

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        return first(cloud.run("ec2", "describe_subnets", SubnetIds=[resource_id]), "Subnets")

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        return {
            "availabilityZone": found["AvailabilityZone"],
            "availabilityZoneId": found.get("AvailabilityZoneId"),
            "cidrBlock": found["CidrBlock"],
            "mapPublicIpOnLaunch": bool(found.get("MapPublicIpOnLaunch")),
            "vpcId": found["VpcId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        value = {"Value": bool(new.get("mapPublicIpOnLaunch"))}
        cloud.run("ec2", "modify_subnet_attribute", SubnetId=resource_id, MapPublicIpOnLaunch=value)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_subnet", SubnetId=resource_id)
