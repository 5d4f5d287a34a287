"""``azure-native:machinelearningservices:Workspace``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class Workspace(AzureResource):
    """A workspace; a deleted one keeps its name for 14 days."""

    token = "azure-native:machinelearningservices:Workspace"
    immutable = frozenset({"location", "resourceGroupName", "workspaceName"})
    mutable = frozenset(
        {
            "allowPublicAccessWhenBehindVnet",
            "applicationInsights",
            "containerRegistry",
            "description",
            "enableDataIsolation",
            "enableServiceSideCMKEncryption",
            "encryption",
            "friendlyName",
            "hbiWorkspace",
            "identity",
            "imageBuildCompute",
            "keyVault",
            "kind",
            "managedNetwork",
            "primaryUserAssignedIdentity",
            "provisionNetworkNow",
            "publicNetworkAccess",
            "serverlessComputeSettings",
            "sku",
            "storageAccount",
            "systemDatastoresAuthMode",
            "tags",
            "v1LegacyMode",
        }
    )
    auto_name = RandomName("workspaceName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
    )
    defaults = {"hbiWorkspace": False, "v1LegacyMode": False}
