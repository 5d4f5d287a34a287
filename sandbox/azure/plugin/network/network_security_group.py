"""``azure-native:network:NetworkSecurityGroup``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class NetworkSecurityGroup(AzureResource):
    """Rules for packets; none is stopped."""

    token = "azure-native:network:NetworkSecurityGroup"
    behaviour = "recorded"
    immutable = frozenset({"location", "networkSecurityGroupName", "resourceGroupName"})
    mutable = frozenset({"flushConnection", "securityRules", "tags"})
    auto_name = RandomName("networkSecurityGroupName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}"
    )
    nested = frozenset({"defaultSecurityRules", "securityRules", "subnets"})
