"""``aws:ec2/vpc:Vpc``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.base import Ec2Resource, first, switch
from sandbox.aws.plugin.ec2.ranges import cidr_block
from sandbox.aws.plugin.rules import one_of

_SWITCHES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}


class Vpc(Ec2Resource):
    """A network; it comes with a route table, an access list and a security group."""

    token = "aws:ec2/vpc:Vpc"
    kind = "vpc"
    immutable = frozenset({"cidrBlock", "instanceTenancy", "region"})
    mutable = frozenset({*_SWITCHES, "tags"})
    defaults = {"enableDnsSupport": True, "instanceTenancy": "default"}
    unknown_until_created = frozenset({"enableDnsHostnames", "enableNetworkAddressUsageMetrics"})
    rules = (
        cidr_block("cidrBlock", 16, 28),
        one_of("instanceTenancy", {"default", "dedicated"}),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_vpc",
            CidrBlock=inputs.get("cidrBlock"),
            InstanceTenancy=inputs["instanceTenancy"],
            TagSpecifications=self.tag_specifications(inputs),
        )
        vpc_id = str(answer["Vpc"]["VpcId"])
        self._switch(cloud, vpc_id, inputs, {name for name in _SWITCHES if name in inputs})
        return vpc_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = first(cloud, "describe_vpcs", VpcIds=[resource_id])
        if found is None:
            return None
        main = _of(cloud, "describe_route_tables", resource_id, "association.main", "true")
        group = _of(cloud, "describe_security_groups", resource_id, "group-name", "default")
        acl = _of(cloud, "describe_network_acls", resource_id, "default", "true")
        return {
            **self.common(cloud, resource_id, found),
            **{name: self._is_on(cloud, resource_id, name) for name in _SWITCHES},
            "cidrBlock": found["CidrBlock"],
            "defaultNetworkAclId": acl.get("NetworkAclId"),
            "defaultRouteTableId": main.get("RouteTableId"),
            "defaultSecurityGroupId": group.get("GroupId"),
            "dhcpOptionsId": found.get("DhcpOptionsId"),
            "instanceTenancy": found["InstanceTenancy"],
            "ipv6AssociationId": "",
            "mainRouteTableId": main.get("RouteTableId"),
            "ownerId": found.get("OwnerId") or cloud.account,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self._switch(cloud, resource_id, new, changed & set(_SWITCHES))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_vpc", VpcId=resource_id)

    @staticmethod
    def _switch(cloud: Cloud, vpc_id: str, inputs: Properties, names: set[str]) -> None:
        # Host names need the support, so that goes first: the order of the table.
        for name, attribute in _SWITCHES.items():
            if name in names:
                on = inputs.get(name)
                switch(cloud, "modify_vpc_attribute", {"VpcId": vpc_id}, attribute, on)

    @staticmethod
    def _is_on(cloud: Cloud, vpc_id: str, name: str) -> bool:
        answer = cloud.run("ec2", "describe_vpc_attribute", VpcId=vpc_id, Attribute=name)
        return bool(answer[_SWITCHES[name]].get("Value"))


def _of(cloud: Cloud, operation: str, vpc_id: str, name: str, value: str) -> dict[str, Any]:
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": name, "Values": [value]}]
    return first(cloud, operation, Filters=filters) or {}
