"""``aws:ec2/securityGroup:SecurityGroup``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.aws.plugin.security_rules import set_rules, told_rules
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest, matches

_RULES = ("ingress", "egress")


class SecurityGroup(Ec2Resource):
    """A firewall. EC2's rule that lets everything out is taken away, as the real provider does."""

    token = "aws:ec2/securityGroup:SecurityGroup"
    behaviour = "recorded"
    kind = "security-group"
    auto_name = AutoName("name", 255)
    immutable = frozenset({"description", "name", "namePrefix", "region", "vpcId"})
    mutable = frozenset({"egress", "ingress", "revokeRulesOnDelete", "tags"})
    local = frozenset({"revokeRulesOnDelete"})
    defaults = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}
    sets = frozenset(
        {"egress", "ingress", "cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroups"}
    )
    unknown_until_created = frozenset({"egress", "ingress", "vpcId"})
    rules = (
        longest("name", 255),
        longest("description", 255),
        matches("name", r"(?!sg-).*", "must not begin with 'sg-'"),
        matches("description", r"[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]*", "has a refused character"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_security_group",
            Description=inputs["description"],
            GroupName=inputs["name"],
            TagSpecifications=self.specified(inputs),
            VpcId=inputs.get("vpcId"),
        )
        group_id = str(answer["GroupId"])
        group = self.described(cloud, group_id)
        if group is not None:
            set_rules(cloud, group, inputs, _RULES)
        return group_id

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        answer = cloud.run("ec2", "describe_security_groups", GroupIds=[resource_id])
        return first(answer, "SecurityGroups")

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        # Rules that are resources of their own are told by those.
        inline = {name: told_rules(found, name) for name in _RULES if known.get(name)}
        return {
            "description": found["Description"],
            "name": found["GroupName"],
            "vpcId": found.get("VpcId"),
            **inline,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        group = self.described(cloud, resource_id)
        if group is not None:
            set_rules(cloud, group, new, tuple(name for name in _RULES if name in changed))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        group = self.described(cloud, resource_id)
        if group is None:
            return
        if outputs.get("revokeRulesOnDelete"):
            set_rules(cloud, group, {}, _RULES)
        cloud.run("ec2", "delete_security_group", GroupId=resource_id)
