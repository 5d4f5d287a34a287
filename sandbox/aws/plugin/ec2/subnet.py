"""``aws:ec2/subnet:Subnet``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.base import Ec2Resource, first, switch
from sandbox.aws.plugin.ec2.ranges import cidr_block
from sandbox.aws.plugin.rules import conflicting


class Subnet(Ec2Resource):
    """A part of a network in one zone."""

    token = "aws:ec2/subnet:Subnet"
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
            VpcId=inputs["vpcId"],
            CidrBlock=inputs.get("cidrBlock"),
            AvailabilityZone=inputs.get("availabilityZone"),
            AvailabilityZoneId=inputs.get("availabilityZoneId"),
            TagSpecifications=self.tag_specifications(inputs),
        )
        subnet_id = str(answer["Subnet"]["SubnetId"])
        if inputs.get("mapPublicIpOnLaunch"):
            self._map_public(cloud, subnet_id, True)
        return subnet_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = first(cloud, "describe_subnets", SubnetIds=[resource_id])
        if found is None:
            return None
        return {
            **self.common(cloud, resource_id, found),
            "assignIpv6AddressOnCreation": bool(found.get("AssignIpv6AddressOnCreation")),
            "availabilityZone": found["AvailabilityZone"],
            "availabilityZoneId": found["AvailabilityZoneId"],
            "cidrBlock": found["CidrBlock"],
            "ipv6CidrBlockAssociationId": "",
            "mapPublicIpOnLaunch": bool(found.get("MapPublicIpOnLaunch")),
            "ownerId": found.get("OwnerId") or cloud.account,
            "vpcId": found["VpcId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self._map_public(cloud, resource_id, bool(new.get("mapPublicIpOnLaunch")))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_subnet", SubnetId=resource_id)

    @staticmethod
    def _map_public(cloud: Cloud, subnet_id: str, on: bool) -> None:
        which = {"SubnetId": subnet_id}
        switch(cloud, "modify_subnet_attribute", which, "MapPublicIpOnLaunch", on)
