"""``azure-native:privatedns:VirtualNetworkLink``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class VirtualNetworkLink(AzureResource):
    """A network that asks a private zone."""

    token = "azure-native:privatedns:VirtualNetworkLink"
    behaviour = "recorded"
    immutable = frozenset(
        {"location", "privateZoneName", "resourceGroupName", "virtualNetworkLinkName"}
    )
    mutable = frozenset({"registrationEnabled", "resolutionPolicy", "tags", "virtualNetwork"})
    auto_name = SameName("virtualNetworkLinkName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateDnsZones/{privateZoneName}"
        "/virtualNetworkLinks/{virtualNetworkLinkName}"
    )
