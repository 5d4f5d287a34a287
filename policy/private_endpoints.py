"""Private endpoints of Azure: which resources are reached through one."""

from collections.abc import Iterator
from typing import Final

from policy.resource import Resource
from policy.rule import StackCheck
from policy.stack import Stack

# Each kind of endpoint: where it names what it leads to, and which part of that.
_ENDPOINTS: Final = {
    "azure-native:network:PrivateEndpoint": (
        "privateLinkServiceConnections.0.privateLinkServiceId",
        "privateLinkServiceConnections.0.groupIds",
    ),
    "azure:privatelink/endpoint:Endpoint": (
        "privateServiceConnection.privateConnectionResourceId",
        "privateServiceConnection.subresourceNames",
    ),
}


def has_private_endpoint(*groups: str) -> StackCheck:
    """A private endpoint leads to the resource, to one of some parts of it (`groups`)."""

    def check(resource: Resource, stack: Stack) -> Iterator[str]:
        for kind, (target, parts) in _ENDPOINTS.items():
            for endpoint in stack.belonging(resource, kind, by=target):
                if not set(groups).isdisjoint(endpoint.get(parts, [])):
                    return
        yield f"no private endpoint leads to it ({' or '.join(groups)})"

    return check
