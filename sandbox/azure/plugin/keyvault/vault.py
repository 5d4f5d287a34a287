"""``azure-native:keyvault:Vault``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class Vault(AzureResource):
    """A key vault; a deleted one keeps its name until it is purged."""

    token = "azure-native:keyvault:Vault"
    immutable = frozenset({"location", "resourceGroupName", "vaultName"})
    mutable = frozenset({"properties", "tags"})
    auto_name = RandomName("vaultName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.KeyVault/vaults/{vaultName}"
    )
