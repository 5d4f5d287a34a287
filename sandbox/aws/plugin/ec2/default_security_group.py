"""``aws:ec2/defaultSecurityGroup:DefaultSecurityGroup``."""

from typing import Any

from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2 import permissions
from sandbox.aws.plugin.ec2.base import TAGGING, first
from sandbox.aws.plugin.ec2.security_group import GroupWithRules


class DefaultSecurityGroup(GroupWithRules):
    """The group that a network comes with: adopted, emptied, and left as it is on deletion."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    immutable = frozenset({"region", "vpcId"})
    mutable = frozenset({"egress", "ingress", "revokeRulesOnDelete", "tags"})
    local = frozenset({"revokeRulesOnDelete"})
    defaults = {"revokeRulesOnDelete": False}
    rules = (permissions.sources_given("egress"), permissions.sources_given("ingress"))

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        filters = [{"Name": "group-name", "Values": ["default"]}]
        if inputs.get("vpcId"):
            filters.append({"Name": "vpc-id", "Values": [inputs["vpcId"]]})
        found = first(cloud, "describe_security_groups", Filters=filters)
        if found is None:
            raise ResourceFailedError(f"no default security group in {inputs.get('vpcId')!r}")
        group_id = str(found["GroupId"])
        members = {"egress": "IpPermissionsEgress", "ingress": "IpPermissions"}
        for way, member in members.items():
            self.rewrite(cloud, group_id, way, found[member], inputs.get(way))
        old = {item["Key"]: item["Value"] for item in found.get("Tags", [])}
        TAGGING.change(cloud, group_id, old, inputs.get("tags") or {})
        return group_id

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        """Nothing: the group lives as long as its network."""

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = super().find(cloud, resource_id, known)
        if found is None or found["name"] != "default":
            return None
        return {**found, "namePrefix": ""}
