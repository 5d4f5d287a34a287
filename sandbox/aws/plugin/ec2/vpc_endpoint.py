"""``aws:ec2/vpcEndpoint:VpcEndpoint``."""

from typing import Any

from plugin import Context, Difference
from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.base import Ec2Resource, first
from sandbox.aws.plugin.rules import one_of, policy_text

_LISTS = {
    "routeTableIds": "RouteTableIds",
    "securityGroupIds": "SecurityGroupIds",
    "subnetIds": "SubnetIds",
}


class VpcEndpoint(Ec2Resource):
    """A private way to a service: as routes (gateway) or as addresses (interface)."""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    behaviour = "recorded"
    kind = "vpc-endpoint"
    immutable = frozenset({"region", "serviceName", "serviceRegion", "vpcEndpointType", "vpcId"})
    mutable = frozenset(
        {*_LISTS, "autoAccept", "ipAddressType", "policy", "privateDnsEnabled", "tags"}
    )
    local = frozenset({"autoAccept", "ipAddressType"})
    defaults = {"vpcEndpointType": "Gateway"}
    sets = frozenset(_LISTS)
    unknown_until_created = frozenset(
        {*_LISTS, "ipAddressType", "policy", "privateDnsEnabled", "serviceRegion"}
    )
    rules = (
        one_of("vpcEndpointType", {"Gateway", "Interface"}),
        one_of("ipAddressType", {"ipv4", "dualstack", "ipv6"}),
        policy_text("policy"),
    )

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        found = super().diff(context, resource_id, old, new)
        # The provider replaces every other type of endpoint for it.
        if "privateDnsEnabled" in found.changed and new.get("vpcEndpointType") != "Interface":
            replaces = found.replaces | {"privateDnsEnabled"}
            return Difference(changed=found.changed, replaces=replaces)
        return found

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_vpc_endpoint",
            VpcId=inputs["vpcId"],
            ServiceName=inputs["serviceName"],
            VpcEndpointType=inputs["vpcEndpointType"],
            PolicyDocument=inputs.get("policy"),
            PrivateDnsEnabled=bool(inputs.get("privateDnsEnabled")),
            RouteTableIds=inputs.get("routeTableIds"),
            SecurityGroupIds=inputs.get("securityGroupIds"),
            SubnetIds=inputs.get("subnetIds"),
            TagSpecifications=self.tag_specifications(inputs),
        )
        return str(answer["VpcEndpoint"]["VpcEndpointId"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = first(cloud, "describe_vpc_endpoints", VpcEndpointIds=[resource_id])
        if found is None or found["State"].lower() in ("deleted", "deleting"):
            return None
        service = str(found["ServiceName"])
        by_name = [{"Name": "prefix-list-name", "Values": [service]}]
        prefixes = first(cloud, "describe_prefix_lists", Filters=by_name) or {}
        prefix_list = prefixes.get("PrefixListId")
        return {
            **self.common(cloud, resource_id, found),
            "cidrBlocks": _ranges(cloud, prefix_list) if prefix_list else [],
            "dnsEntries": [
                {"dnsName": item.get("DnsName"), "hostedZoneId": item.get("HostedZoneId")}
                for item in found.get("DnsEntries", [])
            ],
            "networkInterfaceIds": found.get("NetworkInterfaceIds", []),
            "ownerId": found.get("OwnerId") or cloud.account,
            "policy": found.get("PolicyDocument"),
            "prefixListId": prefix_list,
            "privateDnsEnabled": bool(found.get("PrivateDnsEnabled")),
            "requesterManaged": bool(found.get("RequesterManaged")),
            "routeTableIds": found.get("RouteTableIds") or [],
            "securityGroupIds": [group["GroupId"] for group in found.get("Groups", [])],
            "serviceName": service,
            "serviceRegion": found.get("ServiceRegion") or cloud.region,
            "state": found["State"].lower(),
            "subnetIds": found.get("SubnetIds") or [],
            "vpcEndpointType": found.get("VpcEndpointType", "Gateway"),
            "vpcId": found["VpcId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        parameters: dict[str, Any] = {}
        for name, member in _LISTS.items():
            # Left out of the program, a list stays what the cloud made of it.
            if name in changed and name in new:
                before, after = set(old.get(name) or []), set(new[name])
                parameters[f"Add{member}"] = sorted(after - before) or None
                parameters[f"Remove{member}"] = sorted(before - after) or None
        if "privateDnsEnabled" in changed and new.get("vpcEndpointType") == "Interface":
            parameters["PrivateDnsEnabled"] = bool(new.get("privateDnsEnabled"))
        if "policy" in changed:
            document = new.get("policy")
            parameters["PolicyDocument"] = document
            parameters["ResetPolicy"] = None if document else True
        if any(value is not None for value in parameters.values()):
            cloud.run("ec2", "modify_vpc_endpoint", VpcEndpointId=resource_id, **parameters)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if self.find(cloud, resource_id, outputs) is not None:
            cloud.run("ec2", "delete_vpc_endpoints", VpcEndpointIds=[resource_id])


def _ranges(cloud: Cloud, prefix_list_id: str) -> list[str]:
    answer = cloud.run("ec2", "get_managed_prefix_list_entries", PrefixListId=prefix_list_id)
    return [str(entry["Cidr"]) for entry in answer["Entries"]]
