"""``azure-native:containerinstance:ContainerGroup``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class ContainerGroup(AzureResource):
    """A container group, which runs here."""

    token = "azure-native:containerinstance:ContainerGroup"
    immutable = frozenset({"containerGroupName", "location", "resourceGroupName"})
    mutable = frozenset(
        {
            "containers",
            "diagnostics",
            "dnsConfig",
            "identity",
            "imageRegistryCredentials",
            "initContainers",
            "ipAddress",
            "osType",
            "priority",
            "restartPolicy",
            "sku",
            "subnetIds",
            "tags",
            "volumes",
            "zones",
        }
    )
    auto_name = RandomName("containerGroupName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.ContainerInstance/containerGroups/{containerGroupName}"
    )
    inner = frozenset({"sku"})
    nested = frozenset({"containers", "initContainers"})
