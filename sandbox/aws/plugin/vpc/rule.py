"""What the two kinds of security group rule share; they differ only in their direction."""

from collections.abc import Mapping
from typing import Any, ClassVar

from plugin import Context, Difference
from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.base import Ec2Resource, first
from sandbox.aws.plugin.ec2.permissions import protocol
from sandbox.aws.plugin.ec2.ranges import cidr_block
from sandbox.aws.plugin.rules import between, exactly_one, longest

_TARGETS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


class SecurityGroupRule(Ec2Resource):
    """One rule of a security group, for one range of ports and one peer."""

    way: ClassVar[str]
    kind = "security-group-rule"
    behaviour = "recorded"
    immutable = frozenset({"region", "securityGroupId"})
    mutable = frozenset({*_TARGETS, "description", "fromPort", "ipProtocol", "tags", "toPort"})
    rules = (
        exactly_one(*_TARGETS),
        cidr_block("cidrIpv4"),
        between("fromPort", -1, 65535),
        between("toPort", -1, 65535),
        longest("description", 255),
    )

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        found = super().diff(context, resource_id, old, new)
        before = {name for name in _TARGETS if old.get(name)}
        after = {name for name in _TARGETS if new.get(name)}
        # A rule keeps its kind of peer: the provider replaces it for another.
        replaces = before ^ after if before != after else set()
        return Difference(changed=found.changed, replaces=found.replaces | replaces)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            f"authorize_security_group_{self.way}",
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
            TagSpecifications=self.tag_specifications(inputs),
        )
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = first(cloud, "describe_security_group_rules", SecurityGroupRuleIds=[resource_id])
        if found is None or bool(found["IsEgress"]) != (self.way == "egress"):
            return None
        everything = found["IpProtocol"] == "-1"
        said = known.get("ipProtocol")
        same = isinstance(said, str) and protocol(said) == found["IpProtocol"]
        return {
            **self.common(cloud, resource_id, found),
            "cidrIpv4": found.get("CidrIpv4"),
            "cidrIpv6": found.get("CidrIpv6"),
            "description": found.get("Description") or None,
            "fromPort": None if everything else found.get("FromPort"),
            "ipProtocol": said if same else found["IpProtocol"],
            "prefixListId": found.get("PrefixListId"),
            "referencedSecurityGroupId": (found.get("ReferencedGroupInfo") or {}).get("GroupId"),
            "securityGroupId": found["GroupId"],
            "securityGroupRuleId": resource_id,
            "toPort": None if everything else found.get("ToPort"),
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        rule = {
            "IpProtocol": protocol(new["ipProtocol"]),
            "FromPort": new.get("fromPort", -1),
            "ToPort": new.get("toPort", -1),
            "CidrIpv4": new.get("cidrIpv4"),
            "CidrIpv6": new.get("cidrIpv6"),
            "PrefixListId": new.get("prefixListId"),
            "ReferencedGroupId": new.get("referencedSecurityGroupId"),
            "Description": new.get("description", ""),
        }
        given = {name: value for name, value in rule.items() if value is not None}
        cloud.run(
            "ec2",
            "modify_security_group_rules",
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": given}],
        )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run(
            "ec2",
            f"revoke_security_group_{self.way}",
            GroupId=outputs["securityGroupId"],
            SecurityGroupRuleIds=[resource_id],
        )


def _permission(inputs: Mapping[str, Any]) -> dict[str, Any]:
    permission: dict[str, Any] = {"IpProtocol": protocol(inputs["ipProtocol"])}
    if permission["IpProtocol"] != "-1":
        permission |= {"FromPort": inputs.get("fromPort"), "ToPort": inputs.get("toPort")}
    text = {"Description": inputs["description"]} if inputs.get("description") else {}
    members = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    for name, (member, field) in members.items():
        if inputs.get(name):
            permission[member] = [{field: inputs[name], **text}]
    return {key: value for key, value in permission.items() if value is not None}
