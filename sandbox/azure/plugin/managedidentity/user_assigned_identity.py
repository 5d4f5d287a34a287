"""``azure-native:managedidentity:UserAssignedIdentity``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class UserAssignedIdentity(AzureResource):
    """An identity that processes of the sandbox get tokens of."""

    token = "azure-native:managedidentity:UserAssignedIdentity"
    immutable = frozenset({"location", "resourceGroupName", "resourceName"})
    mutable = frozenset({"tags"})
    auto_name = RandomName("resourceName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
    )
