"""``aws:ec2/routeTable:RouteTable``."""

from collections.abc import Mapping
from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.base import Ec2Resource, first

_DESTINATIONS = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}


class RouteTable(Ec2Resource):
    """Where traffic goes; the network's own range and gateway endpoints are not told as routes."""

    token = "aws:ec2/routeTable:RouteTable"
    kind = "route-table"
    immutable = frozenset({"region", "vpcId"})
    mutable = frozenset({"routes", "tags"})
    sets = frozenset({"routes"})
    unknown_until_created = frozenset({"routes"})

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "create_route_table",
            VpcId=inputs["vpcId"],
            TagSpecifications=self.tag_specifications(inputs),
        )
        table_id = str(answer["RouteTable"]["RouteTableId"])
        self._replace(cloud, table_id, [], inputs.get("routes") or [])
        return table_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = first(cloud, "describe_route_tables", RouteTableIds=[resource_id])
        if found is None:
            return None
        return {
            **self.common(cloud, resource_id, found),
            "ownerId": found.get("OwnerId") or cloud.account,
            "propagatingVgws": [item["GatewayId"] for item in found.get("PropagatingVgws", [])],
            "routes": [_told(route) for route in found["Routes"] if _is_declared(route)],
            "vpcId": found["VpcId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self._replace(cloud, resource_id, old.get("routes") or [], new.get("routes") or [])

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("ec2", "delete_route_table", RouteTableId=resource_id)

    @staticmethod
    def _replace(
        cloud: Cloud, table_id: str, old: list[dict[str, Any]], new: list[dict[str, Any]]
    ) -> None:
        wired, before = [_wired(route) for route in new], [_wired(route) for route in old]
        for route in before:
            if route not in wired:
                where = {k: v for k, v in route.items() if k in _DESTINATIONS.values()}
                cloud.run("ec2", "delete_route", RouteTableId=table_id, **where)
        for route in wired:
            if route not in before:
                cloud.run("ec2", "create_route", RouteTableId=table_id, **route)


def _wired(route: Mapping[str, Any]) -> dict[str, Any]:
    members = {**_DESTINATIONS, **_TARGETS}
    return {member: route[name] for name, member in members.items() if route.get(name)}


def _told(route: Mapping[str, Any]) -> dict[str, Any]:
    members = {**_DESTINATIONS, **_TARGETS}
    return {name: route[member] for name, member in members.items() if route.get(member)}


def _is_declared(route: Mapping[str, Any]) -> bool:
    gateway = str(route.get("GatewayId", ""))
    made_here = route.get("Origin", "CreateRoute") == "CreateRoute"
    return made_here and gateway != "local" and not gateway.startswith("vpce-")
