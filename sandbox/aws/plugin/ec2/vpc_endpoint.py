"""``aws:ec2/vpcEndpoint:VpcEndpoint``."""

from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from plugin import Context, Difference
from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.aws.plugin.rules import policy_text
from sandbox.plugins.rules import one_of

_LISTS = {
    "routeTableIds": ("RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
    "securityGroupIds": ("Groups", "AddSecurityGroupIds", "RemoveSecurityGroupIds"),
    "subnetIds": ("SubnetIds", "AddSubnetIds", "RemoveSubnetIds"),
}


class VpcEndpoint(Ec2Resource):
    """A private way from a network to a service."""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    behaviour = "recorded"
    kind = "vpc-endpoint"
    immutable = frozenset({"region", "serviceName", "serviceRegion", "vpcEndpointType", "vpcId"})
    mutable = frozenset(_LISTS) | {
        "autoAccept",
        "ipAddressType",
        "policy",
        "privateDnsEnabled",
        "tags",
    }
    local = frozenset({"autoAccept"})
    defaults = {"vpcEndpointType": "Gateway"}
    sets = frozenset(_LISTS)
    unknown_until_created = frozenset(_LISTS) | {
        "ipAddressType",
        "policy",
        "privateDnsEnabled",
        "serviceRegion",
    }
    untold = frozenset({"ipAddressType", "serviceRegion"})
    rules = (
        one_of(
            "vpcEndpointType",
            {"Gateway", "GatewayLoadBalancer", "Interface", "Resource", "ServiceNetwork"},
        ),
        policy_text("policy"),
    )

    def diff(
        self, context: Context, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        found = super().diff(context, resource_id, old, new)
        # Only an interface can change it in place; the provider replaces every other endpoint.
        if "privateDnsEnabled" in found.changed and new.get("vpcEndpointType") != "Interface":
            return replace(found, replaces=found.replaces | {"privateDnsEnabled"})
        return found

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_vpc_endpoint",
            IpAddressType=inputs.get("ipAddressType"),
            PolicyDocument=inputs.get("policy"),
            PrivateDnsEnabled=inputs.get("privateDnsEnabled", False),
            RouteTableIds=inputs.get("routeTableIds"),
            SecurityGroupIds=inputs.get("securityGroupIds"),
            ServiceName=inputs["serviceName"],
            ServiceRegion=inputs.get("serviceRegion"),
            SubnetIds=inputs.get("subnetIds"),
            TagSpecifications=self.specified(inputs),
            VpcEndpointType=inputs["vpcEndpointType"],
            VpcId=inputs["vpcId"],
        )
        return str(answer["VpcEndpoint"]["VpcEndpointId"])

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        answer = cloud.run("ec2", "describe_vpc_endpoints", VpcEndpointIds=[resource_id])
        found = first(answer, "VpcEndpoints")
        return None if found is None or str(found.get("State")).lower() == "deleted" else found

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        groups = [item["GroupId"] for item in found.get("Groups") or ()]
        return {
            "cidrBlocks": [],
            "dnsEntries": [
                {"dnsName": item.get("DnsName"), "hostedZoneId": item.get("HostedZoneId")}
                for item in found.get("DnsEntries") or ()
            ],
            "ipAddressType": found.get("IpAddressType"),
            "networkInterfaceIds": found.get("NetworkInterfaceIds") or [],
            "policy": found.get("PolicyDocument"),
            "prefixListId": self._prefix_list(cloud, found),
            "privateDnsEnabled": bool(found.get("PrivateDnsEnabled")),
            "requesterManaged": bool(found.get("RequesterManaged")),
            "routeTableIds": found.get("RouteTableIds") or [],
            "securityGroupIds": groups,
            "serviceName": found["ServiceName"],
            "state": str(found.get("State", "available")).lower(),
            "subnetIds": found.get("SubnetIds") or [],
            "vpcEndpointType": found["VpcEndpointType"],
            "vpcId": found["VpcId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        parameters: dict[str, Any] = {}
        for name in changed & set(_LISTS):
            _, add, take = _LISTS[name]
            before, after = set(old.get(name) or ()), set(new.get(name) or ())
            parameters |= {
                add: sorted(after - before) or None,
                take: sorted(before - after) or None,
            }
        if "policy" in changed:
            policy = new.get("policy")
            parameters |= {"PolicyDocument": policy, "ResetPolicy": None if policy else True}
        if "privateDnsEnabled" in changed:
            parameters["PrivateDnsEnabled"] = bool(new.get("privateDnsEnabled"))
        if "ipAddressType" in changed:
            parameters["IpAddressType"] = new.get("ipAddressType")
        if parameters:
            cloud.run("ec2", "modify_vpc_endpoint", VpcEndpointId=resource_id, **parameters)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        answer = cloud.run("ec2", "delete_vpc_endpoints", VpcEndpointIds=[resource_id])
        for item in answer.get("Unsuccessful") or ():
            error = item.get("Error", {})
            if not str(error.get("Code", "")).endswith("NotFound"):
                raise ClientError({"Error": error}, "DeleteVpcEndpoints")

    @staticmethod
    def _prefix_list(cloud: Cloud, found: dict[str, Any]) -> str | None:
        if found["VpcEndpointType"] != "Gateway":
            return None
        named = [{"Name": "prefix-list-name", "Values": [found["ServiceName"]]}]
        lists = cloud.run("ec2", "describe_managed_prefix_lists", Filters=named)["PrefixLists"]
        return str(lists[0]["PrefixListId"]) if lists else None
