"""``azure-native:network:PrivateDnsZoneGroup``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class PrivateDnsZoneGroup(AzureResource):
    """Which private zones get a private endpoint's names."""

    token = "azure-native:network:PrivateDnsZoneGroup"
    behaviour = "recorded"
    immutable = frozenset({"privateDnsZoneGroupName", "privateEndpointName", "resourceGroupName"})
    mutable = frozenset({"privateDnsZoneConfigs"})
    auto_name = SameName("privateDnsZoneGroupName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateEndpoints/{privateEndpointName}"
        "/privateDnsZoneGroups/{privateDnsZoneGroupName}"
    )
    nested = frozenset({"privateDnsZoneConfigs"})
