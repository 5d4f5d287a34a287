"""``azure-native:machinelearningservices:ModelVersion``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class ModelVersion(AzureResource):
    """A version of models: for good, but for its description and tags."""

    token = "azure-native:machinelearningservices:ModelVersion"
    immutable = frozenset({"name", "resourceGroupName", "version", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("version")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}/models"
        "/{name}/versions/{version}"
    )
