"""``azure-native:privatedns:PrivateZone``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class PrivateZone(AzureResource):
    """A private DNS zone; nothing is resolved."""

    token = "azure-native:privatedns:PrivateZone"
    behaviour = "recorded"
    immutable = frozenset({"location", "privateZoneName", "resourceGroupName"})
    mutable = frozenset({"tags"})
    auto_name = RandomName("privateZoneName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateDnsZones/{privateZoneName}"
    )
