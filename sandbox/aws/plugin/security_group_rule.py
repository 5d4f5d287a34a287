"""What a rule into and a rule out of a security group share."""

from dataclasses import replace
from typing import Any, ClassVar

from plugin import Context, Difference
from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.ranges import cidr_block
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.plugins.rules import between, exactly_one, longest

_SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
_WIRE = {
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "description": "Description",
    "fromPort": "FromPort",
    "ipProtocol": "IpProtocol",
    "prefixListId": "PrefixListId",
    "referencedSecurityGroupId": "ReferencedGroupId",
    "toPort": "ToPort",
}


class SecurityGroupRule(Ec2Resource):
    """One rule, found by its own id."""

    kind = "security-group-rule"
    direction: ClassVar[str]
    """``ingress`` or ``egress``."""
    immutable = frozenset({"region", "securityGroupId"})
    mutable = frozenset(_WIRE) | {"tags"}
    rules = (
        exactly_one(*_SOURCES),
        cidr_block("cidrIpv4"),
        between("fromPort", -1, 65535),
        between("toPort", -1, 65535),
        longest("description", 255),
    )

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        found = super().diff(context, resource_id, old, new)
        # A rule keeps its kind of source: the provider replaces it for another.
        moved = {name for name in _SOURCES if bool(old.get(name)) != bool(new.get(name))}
        return replace(found, replaces=found.replaces | moved)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            f"authorize_security_group_{self.direction}",
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
            TagSpecifications=self.specified(inputs),
        )
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        answer = cloud.run(
            "ec2", "describe_security_group_rules", SecurityGroupRuleIds=[resource_id]
        )
        found = first(answer, "SecurityGroupRules")
        # Both directions share one kind of id.
        if found is None or bool(found["IsEgress"]) != (self.direction == "egress"):
            return None
        return found

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        group = found.get("ReferencedGroupInfo", {}).get("GroupId")
        ports = {"fromPort": found.get("FromPort"), "toPort": found.get("ToPort")}
        # EC2 answers -1 for "all ports"; a declaration leaves them out.
        silent = found["IpProtocol"] == "-1"
        return {
            "cidrIpv4": found.get("CidrIpv4"),
            "cidrIpv6": found.get("CidrIpv6"),
            "description": found.get("Description"),
            **{name: None if silent else port for name, port in ports.items()},
            "ipProtocol": found["IpProtocol"],
            "prefixListId": found.get("PrefixListId"),
            "referencedSecurityGroupId": group,
            "securityGroupId": found["GroupId"],
            "securityGroupRuleId": found["SecurityGroupRuleId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        rule = {_WIRE[name]: new[name] for name in _WIRE if new.get(name) is not None}
        cloud.run(
            "ec2",
            "modify_security_group_rules",
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": rule}],
        )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run(
            "ec2",
            f"revoke_security_group_{self.direction}",
            GroupId=outputs["securityGroupId"],
            SecurityGroupRuleIds=[resource_id],
        )


def _permission(inputs: Properties) -> dict[str, Any]:
    note = {"Description": inputs["description"]} if inputs.get("description") else {}
    sources = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    result: dict[str, Any] = {"IpProtocol": str(inputs["ipProtocol"])}
    for name in ("fromPort", "toPort"):
        if inputs.get(name) is not None and result["IpProtocol"] != "-1":
            result[_WIRE[name]] = inputs[name]
    for name, (member, key) in sources.items():
        if inputs.get(name):
            result[member] = [{key: inputs[name], **note}]
    return result
