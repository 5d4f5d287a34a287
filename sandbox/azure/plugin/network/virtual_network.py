"""``azure-native:network:VirtualNetwork``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class VirtualNetwork(AzureResource):
    """A network; its subnets are resources of their own."""

    token = "azure-native:network:VirtualNetwork"
    behaviour = "recorded"
    immutable = frozenset({"location", "resourceGroupName", "virtualNetworkName"})
    mutable = frozenset(
        {
            "addressSpace",
            "bgpCommunities",
            "ddosProtectionPlan",
            "dhcpOptions",
            "enableDdosProtection",
            "enableVmProtection",
            "encryption",
            "extendedLocation",
            "flowTimeoutInMinutes",
            "ipAllocations",
            "privateEndpointVNetPolicies",
            "tags",
        }
    )
    auto_name = RandomName("virtualNetworkName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/virtualNetworks/{virtualNetworkName}"
    )
    instead = {"subnets": "network.Subnet"}
    nested = frozenset({"subnets"})
