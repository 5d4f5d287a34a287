"""``azure-native:resources:ResourceGroup``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class ResourceGroup(AzureResource):
    """A resource group; destroying it destroys all that is in it."""

    token = "azure-native:resources:ResourceGroup"
    immutable = frozenset({"location", "resourceGroupName"})
    mutable = frozenset({"managedBy", "tags"})
    auto_name = RandomName("resourceGroupName")
    path = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
