"""``aws:ec2/vpc:Vpc``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.ranges import cidr_block
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.plugins.rules import one_of

_ATTRIBUTES = {
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableDnsSupport": "EnableDnsSupport",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}


class Vpc(Ec2Resource):
    """A network."""

    token = "aws:ec2/vpc:Vpc"
    behaviour = "recorded"
    kind = "vpc"
    immutable = frozenset({"cidrBlock", "region"})
    mutable = frozenset(_ATTRIBUTES) | {"instanceTenancy", "tags"}
    defaults = {"enableDnsSupport": True, "instanceTenancy": "default"}
    unknown_until_created = frozenset({"enableDnsHostnames", "enableNetworkAddressUsageMetrics"})
    rules = (cidr_block("cidrBlock", 16, 28), one_of("instanceTenancy", {"default", "dedicated"}))

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_vpc",
            CidrBlock=inputs["cidrBlock"],
            InstanceTenancy=inputs["instanceTenancy"],
            TagSpecifications=self.specified(inputs),
        )
        vpc_id = str(answer["Vpc"]["VpcId"])
        defaults = {"enableDnsSupport": True}
        changed = {n for n in _ATTRIBUTES if inputs.get(n, False) != defaults.get(n, False)}
        self.change(cloud, vpc_id, {}, inputs, changed)
        return vpc_id

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        return first(cloud.run("ec2", "describe_vpcs", VpcIds=[resource_id]), "Vpcs")

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        vpc_id = found["VpcId"]
        ours = [{"Name": "vpc-id", "Values": [vpc_id]}]
        tables = cloud.run("ec2", "describe_route_tables", Filters=ours)["RouteTables"]
        main = [
            table["RouteTableId"]
            for table in tables
            if any(item.get("Main") for item in table.get("Associations", ()))
        ]
        lists = cloud.run("ec2", "describe_network_acls", Filters=ours)["NetworkAcls"]
        acls = [item["NetworkAclId"] for item in lists if item.get("IsDefault")]
        named = [*ours, {"Name": "group-name", "Values": ["default"]}]
        groups = cloud.run("ec2", "describe_security_groups", Filters=named)["SecurityGroups"]
        return {
            "cidrBlock": found["CidrBlock"],
            "defaultNetworkAclId": acls[0] if acls else None,
            "defaultRouteTableId": main[0] if main else None,
            "defaultSecurityGroupId": groups[0]["GroupId"] if groups else None,
            "dhcpOptionsId": found.get("DhcpOptionsId"),
            "instanceTenancy": found.get("InstanceTenancy"),
            "mainRouteTableId": main[0] if main else None,
            **{
                name: self._attribute(cloud, vpc_id, member) for name, member in _ATTRIBUTES.items()
            },
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        for name in sorted(changed & set(_ATTRIBUTES)):
            value = {"Value": bool(new.get(name))}
            cloud.run(
                "ec2", "modify_vpc_attribute", VpcId=resource_id, **{_ATTRIBUTES[name]: value}
            )
        if "instanceTenancy" in changed and new.get("instanceTenancy") == "default":
            tenancy = {"InstanceTenancy": "default"}
            cloud.run("ec2", "modify_vpc_tenancy", VpcId=resource_id, **tenancy)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_vpc", VpcId=resource_id)

    @staticmethod
    def _attribute(cloud: Cloud, vpc_id: str, member: str) -> bool:
        name = member[0].lower() + member[1:]
        answer = cloud.run("ec2", "describe_vpc_attribute", VpcId=vpc_id, Attribute=name)
        return bool(answer[member]["Value"])
