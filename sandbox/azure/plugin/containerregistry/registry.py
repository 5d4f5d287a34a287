"""``azure-native:containerregistry:Registry``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class Registry(AzureResource):
    """A container registry."""

    token = "azure-native:containerregistry:Registry"
    behaviour = "recorded"
    immutable = frozenset({"location", "registryName", "resourceGroupName"})
    mutable = frozenset(
        {
            "adminUserEnabled",
            "anonymousPullEnabled",
            "dataEndpointEnabled",
            "encryption",
            "identity",
            "networkRuleBypassOptions",
            "networkRuleSet",
            "policies",
            "publicNetworkAccess",
            "sku",
            "tags",
            "zoneRedundancy",
        }
    )
    auto_name = RandomName("registryName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.ContainerRegistry/registries/{registryName}"
    )
