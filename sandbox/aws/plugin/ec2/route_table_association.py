"""``aws:ec2/routeTableAssociation:RouteTableAssociation``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2.base import first
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import exactly_one


class RouteTableAssociation(AwsResource):
    """Which route table a subnet uses; another table gives it another id, in place."""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    immutable = frozenset({"gatewayId", "region", "subnetId"})
    mutable = frozenset({"routeTableId"})
    rules = (exactly_one("subnetId", "gatewayId"),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "ec2",
            "associate_route_table",
            RouteTableId=inputs["routeTableId"],
            SubnetId=inputs.get("subnetId"),
            GatewayId=inputs.get("gatewayId"),
        )
        return str(answer["AssociationId"])

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
        table = new["routeTableId"]
        cloud.run(
            "ec2",
            "replace_route_table_association",
            AssociationId=association,
            RouteTableId=table,
        )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        found = self._association(cloud, resource_id, outputs)
        if found is not None:
            association = found["RouteTableAssociationId"]
            cloud.run("ec2", "disassociate_route_table", AssociationId=association)

    @staticmethod
    def _association(cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        """The association of the subnet: an update in place gave it a new id in the cloud.

        In Pulumi a resource's id never changes with an update, so it is found by its subnet.
        """
        # An import names both: subnet-0a/rtb-0b.
        subnet = known.get("subnetId") or resource_id.partition("/")[0]
        by = {"Name": "association.subnet-id", "Values": [subnet]}
        if known.get("gatewayId") or subnet.startswith("rtbassoc-"):
            subnet = ""
            name = "association.route-table-association-id"
            by = {"Name": name, "Values": [resource_id]}
        table = first(cloud, "describe_route_tables", Filters=[by])
        for item in (table or {}).get("Associations", []):
            if subnet and item.get("SubnetId") == subnet:
                return dict(item)
            if not subnet and item.get("RouteTableAssociationId") == resource_id:
                return dict(item)
        return None
