"""``aws:ec2/defaultSecurityGroup:DefaultSecurityGroup``."""

from typing import Any

from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.aws.plugin.security_rules import set_rules, told_rules

_RULES = ("ingress", "egress")


class DefaultSecurityGroup(Ec2Resource):
    """A network's own group, adopted: its rules become those declared, or none.

    Deleting the resource leaves the group, which EC2 does not delete, as it is.
    """

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    behaviour = "recorded"
    kind = "security-group"
    immutable = frozenset({"region", "vpcId"})
    mutable = frozenset({"egress", "ingress", "revokeRulesOnDelete", "tags"})
    local = frozenset({"revokeRulesOnDelete"})
    defaults = {"revokeRulesOnDelete": False}
    sets = frozenset(
        {"egress", "ingress", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroups"}
    )
    unknown_until_created = frozenset({"vpcId"})

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        group = self._group(cloud, inputs)
        set_rules(cloud, group, inputs, _RULES)
        group_id = str(group["GroupId"])
        tags = {item["Key"]: item["Value"] for item in group.get("Tags") or ()}
        if self.tagging is not None:
            self.tagging.change(cloud, group_id, tags, inputs.get("tags") or {})
        return group_id

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        answer = cloud.run("ec2", "describe_security_groups", GroupIds=[resource_id])
        return first(answer, "SecurityGroups")

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        return {
            "description": found["Description"],
            "name": found["GroupName"],
            "vpcId": found.get("VpcId"),
            **{name: told_rules(found, name) for name in _RULES},
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        group = self.described(cloud, resource_id)
        if group is not None:
            set_rules(cloud, group, new, tuple(name for name in _RULES if name in changed))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        """The group stays."""

    @staticmethod
    def _group(cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        vpc_id = inputs.get("vpcId")
        if vpc_id is None:
            own = [{"Name": "is-default", "Values": ["true"]}]
            vpcs = cloud.run("ec2", "describe_vpcs", Filters=own)["Vpcs"]
            vpc_id = vpcs[0]["VpcId"] if vpcs else ""
        named = [
            {"Name": "vpc-id", "Values": [vpc_id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
        group = first(cloud.run("ec2", "describe_security_groups", Filters=named), "SecurityGroups")
        if group is None:
            raise ResourceFailedError(f"network {vpc_id!r} has no default security group")
        return group
