"""``azure-native:storage:BlobServiceProperties``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class BlobServiceProperties(AzureResource):
    """The blob service's settings, there with the account; Azurite keeps no versions."""

    token = "azure-native:storage:BlobServiceProperties"
    behaviour = "recorded"
    immutable = frozenset({"accountName", "blobServicesName", "resourceGroupName"})
    mutable = frozenset(
        {
            "automaticSnapshotPolicyEnabled",
            "changeFeed",
            "containerDeleteRetentionPolicy",
            "cors",
            "defaultServiceVersion",
            "deleteRetentionPolicy",
            "isVersioningEnabled",
            "lastAccessTimeTrackingPolicy",
            "restorePolicy",
        }
    )
    auto_name = SameName("blobServicesName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Storage/storageAccounts/{accountName}/blobServices"
        "/{blobServicesName}"
    )
    singleton = True
    reset = {
        "cors": {"corsRules": []},
        "deleteRetentionPolicy": {"enabled": False},
        "isVersioningEnabled": False,
    }
