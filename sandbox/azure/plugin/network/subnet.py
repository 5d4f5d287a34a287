"""``azure-native:network:Subnet``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class Subnet(AzureResource):
    """A part of a network."""

    token = "azure-native:network:Subnet"
    behaviour = "recorded"
    immutable = frozenset({"resourceGroupName", "subnetName", "virtualNetworkName"})
    mutable = frozenset(
        {
            "addressPrefix",
            "addressPrefixes",
            "defaultOutboundAccess",
            "delegations",
            "natGateway",
            "networkSecurityGroup",
            "privateEndpointNetworkPolicies",
            "privateLinkServiceNetworkPolicies",
            "routeTable",
            "serviceEndpointPolicies",
            "serviceEndpoints",
            "sharingScope",
        }
    )
    auto_name = SameName("subnetName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}"
    )
    defaults = {
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }
    nested = frozenset({"delegations"})
