"""``azure-native:storage:BlobContainer``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class BlobContainer(AzureResource):
    """A container, which is one of Azurite's too."""

    token = "azure-native:storage:BlobContainer"
    immutable = frozenset({"accountName", "containerName", "resourceGroupName"})
    mutable = frozenset(
        {
            "defaultEncryptionScope",
            "denyEncryptionScopeOverride",
            "enableNfsV3AllSquash",
            "enableNfsV3RootSquash",
            "immutableStorageWithVersioning",
            "metadata",
            "publicAccess",
        }
    )
    auto_name = SameName("containerName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Storage/storageAccounts/{accountName}/blobServices/default"
        "/containers/{containerName}"
    )
