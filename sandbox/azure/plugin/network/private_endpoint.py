"""``azure-native:network:PrivateEndpoint``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class PrivateEndpoint(AzureResource):
    """A private way to a resource; nothing goes that way."""

    token = "azure-native:network:PrivateEndpoint"
    behaviour = "recorded"
    immutable = frozenset({"location", "privateEndpointName", "resourceGroupName", "subnet"})
    mutable = frozenset(
        {
            "customDnsConfigs",
            "customNetworkInterfaceName",
            "extendedLocation",
            "manualPrivateLinkServiceConnections",
            "privateLinkServiceConnections",
            "tags",
        }
    )
    auto_name = RandomName("privateEndpointName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateEndpoints/{privateEndpointName}"
    )
    nested = frozenset({"manualPrivateLinkServiceConnections", "privateLinkServiceConnections"})
    unknown_until_created = frozenset({"customDnsConfigs"})
