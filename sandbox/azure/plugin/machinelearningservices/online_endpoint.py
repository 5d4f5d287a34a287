"""``azure-native:machinelearningservices:OnlineEndpoint``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class OnlineEndpoint(AzureResource):
    """An online endpoint, which answers at its scoring URI."""

    token = "azure-native:machinelearningservices:OnlineEndpoint"
    immutable = frozenset({"endpointName", "location", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"identity", "kind", "properties", "sku", "tags"})
    auto_name = SameName("endpointName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
        "/onlineEndpoints/{endpointName}"
    )
