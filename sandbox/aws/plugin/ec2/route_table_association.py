"""``aws:ec2/routeTableAssociation:RouteTableAssociation``."""

from typing import Any

from plugin import Context, State
from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.plugins.rules import exactly_one


class RouteTableAssociation(AwsResource):
    """Which route table a subnet or gateway uses; an import names ``subnet/table``."""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    behaviour = "recorded"
    immutable = frozenset({"gatewayId", "region", "subnetId"})
    mutable = frozenset({"routeTableId"})
    rules = (exactly_one("subnetId", "gatewayId"),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "associate_route_table",
            GatewayId=inputs.get("gatewayId"),
            RouteTableId=inputs["routeTableId"],
            SubnetId=inputs.get("subnetId"),
        )
        return str(answer["AssociationId"])

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        if "/" in resource_id:
            cloud = self.cloud(context, inputs)
            found = self._attempt("importing", self._association, cloud, resource_id, {})
            resource_id = found["RouteTableAssociationId"] if found else resource_id
        return super().read(context, resource_id, outputs, inputs)

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = self._association(cloud, resource_id, known)
        if found is None:
            return None
        return {
            "gatewayId": found.get("GatewayId"),
            "routeTableId": found["RouteTableId"],
            "subnetId": found.get("SubnetId"),
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        found = self._association(cloud, resource_id, old)
        association = found["RouteTableAssociationId"] if found else resource_id
        cloud.run(
            "ec2",
            "replace_route_table_association",
            AssociationId=association,
            RouteTableId=new["routeTableId"],
        )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        found = self._association(cloud, resource_id, outputs)
        if found is not None:
            association = found["RouteTableAssociationId"]
            cloud.run("ec2", "disassociate_route_table", AssociationId=association)

    @staticmethod
    def _association(cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        # A replaced association has another id: what it associates tells it too.
        source, _, _ = resource_id.partition("/")
        places = {resource_id, source, known.get("subnetId"), known.get("gatewayId")} - {None}
        for page in cloud.client("ec2").get_paginator("describe_route_tables").paginate():
            for table in page["RouteTables"]:
                for item in table.get("Associations", ()):
                    ids = {
                        item.get("RouteTableAssociationId"),
                        item.get("SubnetId"),
                        item.get("GatewayId"),
                    }
                    if ids & places and not item.get("Main"):
                        return {**item, "RouteTableId": table["RouteTableId"]}
        return None
