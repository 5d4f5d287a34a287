"""``azure-native:machinelearningservices:OnlineDeployment``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class OnlineDeployment(AzureResource):
    """A deployment of an endpoint: a serving process for each instance."""

    token = "azure-native:machinelearningservices:OnlineDeployment"
    immutable = frozenset(
        {"deploymentName", "endpointName", "location", "resourceGroupName", "workspaceName"}
    )
    mutable = frozenset({"identity", "kind", "properties", "sku", "tags"})
    auto_name = SameName("deploymentName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
        "/onlineEndpoints/{endpointName}/deployments/{deploymentName}"
    )
