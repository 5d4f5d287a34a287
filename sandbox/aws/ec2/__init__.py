"""EC2's network: what is in use cannot be deleted, as in the cloud."""

from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.ec2 import endpoints, rules


def _backend(call: Call) -> EC2Backend:
    return ec2_backends[call.account][call.region]


def _endpoints(call: Call) -> list[Any]:
    """Interface endpoints that still have network interfaces."""
    return [
        endpoint
        for endpoint in _backend(call).vpc_end_points.values()
        if endpoint.state not in ("deleted", "deleting")
    ]


def _in_use(what: str, by: str) -> Refusal:
    return Refusal("DependencyViolation", f"{what} has dependencies and cannot be deleted: {by}")


def delete_subnet(call: Call) -> Any:
    """Refused while an interface endpoint has its network interface there."""
    subnet = call.params["SubnetId"]
    for endpoint in _endpoints(call):
        if subnet in (endpoint.subnet_ids or []):
            raise _in_use(f"The subnet '{subnet}'", endpoint.id)
    return call.original()


def delete_security_group(call: Call) -> Any:
    """Refused while an endpoint uses the group or another group's rule names it."""
    group = call.params.get("GroupId")
    if group is None:
        return call.original()
    for endpoint in _endpoints(call):
        if group in (endpoint.security_group_ids or []):
            raise _in_use(f"resource {group}", endpoint.id)
    for groups in _backend(call).groups.values():
        for other in groups.values():
            everything = [*other.ingress_rules, *other.egress_rules]
            named = {rule.source_group.get("GroupId") for rule in everything}
            if other.id != group and group in named:
                raise _in_use(f"resource {group}", other.id)
    return call.original()


def install(context: Context) -> None:
    """Plug the operations in."""
    context.operation("ec2", "DeleteSubnet", delete_subnet)
    context.operation("ec2", "DeleteSecurityGroup", delete_security_group)
    rules.install(context)
    endpoints.install(context)
