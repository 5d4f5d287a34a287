"""Endpoints of a network: changes that moto accepts but does not make."""

import json
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.utils import random_private_ip

from sandbox.aws.answers import refused
from sandbox.aws.context import Call, Context, Refusal


def modify(call: Call) -> Any:
    """Private DNS, the default policy, and the routes of gateway endpoints."""
    backend = ec2_backends[call.account][call.region]
    endpoint_id = call.params["VpcEndpointId"]
    endpoint = backend.vpc_end_points.get(endpoint_id)
    if endpoint is None or endpoint.state == "deleted":
        raise Refusal(
            "InvalidVpcEndpointId.NotFound",
            f"The Vpc Endpoint Id '{endpoint_id}' does not exist",
        )
    answer = call.original()
    if refused(answer):
        return answer
    if "PrivateDnsEnabled" in call.params:
        endpoint.private_dns_enabled = call.params["PrivateDnsEnabled"]
    if call.params.get("ResetPolicy"):
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    _route(backend, endpoint, call.params)
    _place(backend, endpoint, call.params)
    return answer


def _route(backend: EC2Backend, endpoint: VPCEndPoint, params: dict[str, Any]) -> None:
    prefix_list = endpoint.destination_prefix_list_id
    if not prefix_list:
        return
    for table in params.get("AddRouteTableIds") or []:
        backend.create_route(
            table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list
        )
    for table in params.get("RemoveRouteTableIds") or []:
        backend.delete_route(table, prefix_list)


def _place(backend: EC2Backend, endpoint: VPCEndPoint, params: dict[str, Any]) -> None:
    """Gives the endpoint a network interface in each new subnet and takes it from the others."""
    gone = set(params.get("RemoveSubnetIds") or [])
    for interface_id in list(endpoint.network_interface_ids):
        interface = backend.enis.get(interface_id)
        if interface is not None and interface.subnet.id in gone:
            backend.enis.pop(interface_id)
            endpoint.network_interface_ids.remove(interface_id)
    for subnet in params.get("AddSubnetIds") or []:
        interface = backend.create_network_interface(subnet, random_private_ip())
        endpoint.network_interface_ids.append(interface.id)


def install(context: Context) -> None:
    """Plug the operation in."""
    context.operation("ec2", "ModifyVpcEndpoint", modify)
