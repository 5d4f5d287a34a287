"""``aws:ec2/routeTable:RouteTable``."""

from collections.abc import Mapping
from typing import Any, Final

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2_resource import Ec2Resource, first
from sandbox.plugins.comparing import pruned

_DESTINATIONS: Final[Mapping[str, str]] = {
    "cidrBlock": "DestinationCidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
}
_TARGETS: Final[Mapping[str, str]] = {
    "carrierGatewayId": "CarrierGatewayId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}


class RouteTable(Ec2Resource):
    """A route table; its local route and those of gateway endpoints are not told."""

    token = "aws:ec2/routeTable:RouteTable"
    behaviour = "recorded"
    kind = "route-table"
    immutable = frozenset({"region", "vpcId"})
    mutable = frozenset({"routes", "tags"})
    sets = frozenset({"routes"})
    unknown_until_created = frozenset({"routes"})

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        specified = self.specified(inputs)
        answer = cloud.run(
            "ec2", "create_route_table", VpcId=inputs["vpcId"], TagSpecifications=specified
        )
        table_id = str(answer["RouteTable"]["RouteTableId"])
        for route in inputs.get("routes") or ():
            cloud.run("ec2", "create_route", RouteTableId=table_id, **_to_wire(route))
        return table_id

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        answer = cloud.run("ec2", "describe_route_tables", RouteTableIds=[resource_id])
        return first(answer, "RouteTables")

    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        return {
            "routes": [
                _from_wire(route)
                for route in found.get("Routes", ())
                if route.get("GatewayId") != "local"
                and not str(route.get("GatewayId", "")).startswith("vpce-")
            ],
            "vpcId": found["VpcId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        before = [pruned(route) for route in old.get("routes") or ()]
        after = [pruned(route) for route in new.get("routes") or ()]
        for route in before:
            if route not in after:
                wire = _to_wire(route)
                where = {key: wire[key] for key in _DESTINATIONS.values() if key in wire}
                cloud.run("ec2", "delete_route", RouteTableId=resource_id, **where)
        for route in after:
            if route not in before:
                cloud.run("ec2", "create_route", RouteTableId=resource_id, **_to_wire(route))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_route_table", RouteTableId=resource_id)


def _to_wire(route: Mapping[str, Any]) -> dict[str, Any]:
    names = {**_DESTINATIONS, **_TARGETS}
    return {member: route[name] for name, member in names.items() if route.get(name)}


def _from_wire(route: Mapping[str, Any]) -> dict[str, Any]:
    names = {**_DESTINATIONS, **_TARGETS}
    return {name: route[member] for name, member in names.items() if route.get(member)}
