"""``aws:ec2/securityGroup:SecurityGroup``."""

from collections.abc import Mapping
from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2 import permissions
from sandbox.aws.plugin.ec2.base import Ec2Resource, first
from sandbox.aws.plugin.naming import AutoName
from sandbox.aws.plugin.rules import longest, matches

_WAYS = {"egress": "IpPermissionsEgress", "ingress": "IpPermissions"}


class GroupWithRules(Ec2Resource):
    """What both kinds of security group share."""

    kind = "security-group"
    sets = frozenset(
        {
            "cidrBlocks",
            "egress",
            "ingress",
            "ipv6CidrBlocks",
            "prefixListIds",
            "securityGroups",
        }
    )
    unknown_until_created = frozenset({"egress", "ingress", "vpcId"})

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = first(cloud, "describe_security_groups", GroupIds=[resource_id])
        if found is None:
            return None
        return {
            **self.common(cloud, resource_id, found),
            **{way: permissions.told(found[member], resource_id) for way, member in _WAYS.items()},
            "description": found["Description"],
            "name": found["GroupName"],
            "ownerId": found.get("OwnerId") or cloud.account,
            "vpcId": found.get("VpcId"),
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        found = first(cloud, "describe_security_groups", GroupIds=[resource_id]) or {}
        for way, member in _WAYS.items():
            if way in changed and way in new:
                self.rewrite(cloud, resource_id, way, found.get(member, []), new[way])

    @staticmethod
    def rewrite(
        cloud: Cloud, group_id: str, way: str, before: list[dict[str, Any]], rules: Any
    ) -> None:
        """Makes the group's rules of one way those of the program."""
        present = [permissions.wired(rule, group_id) for rule in permissions.told(before, group_id)]
        wanted = [permissions.wired(rule, group_id) for rule in rules or []]
        permissions.replace(cloud, group_id, way, present, wanted)


class SecurityGroup(GroupWithRules):
    """A named set of rules; without rules of its own it lets nothing in and nothing out."""

    token = "aws:ec2/securityGroup:SecurityGroup"
    auto_name = AutoName("name", 255)
    immutable = frozenset({"description", "name", "namePrefix", "region", "vpcId"})
    mutable = frozenset({"egress", "ingress", "revokeRulesOnDelete", "tags"})
    local = frozenset({"revokeRulesOnDelete"})
    defaults = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}
    rules = (
        longest("description", 255),
        longest("name", 255),
        matches("name", r"(?!sg-).*", "a name must not begin with 'sg-'"),
        matches(
            "description",
            r"[A-Za-z0-9_ .:/()#,@\[\]+=&;{}!$*-]+",
            "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* are allowed",
        ),
        permissions.sources_given("egress"),
        permissions.sources_given("ingress"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_security_group",
            GroupName=inputs["name"],
            Description=inputs["description"],
            VpcId=inputs.get("vpcId") or _default_vpc(cloud),
            TagSpecifications=self.tag_specifications(inputs),
        )
        group_id = str(answer["GroupId"])
        # AWS lets a new group send anywhere; the provider takes that away at once.
        made = first(cloud, "describe_security_groups", GroupIds=[group_id]) or {}
        for way, member in _WAYS.items():
            self.rewrite(cloud, group_id, way, made.get(member, []), inputs.get(way))
        return group_id

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if outputs.get("revokeRulesOnDelete"):
            found = first(cloud, "describe_security_groups", GroupIds=[resource_id])
            for way, member in _WAYS.items():
                self.rewrite(cloud, resource_id, way, (found or {}).get(member, []), [])
        cloud.run("ec2", "delete_security_group", GroupId=resource_id)


def _default_vpc(cloud: Cloud) -> str | None:
    default = [{"Name": "is-default", "Values": ["true"]}]
    found: Mapping[str, Any] = first(cloud, "describe_vpcs", Filters=default) or {}
    return found.get("VpcId")
