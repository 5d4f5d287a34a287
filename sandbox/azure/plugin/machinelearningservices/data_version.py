"""``azure-native:machinelearningservices:DataVersion``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class DataVersion(AzureResource):
    """A version of data: for good, but for its description and tags."""

    token = "azure-native:machinelearningservices:DataVersion"
    immutable = frozenset({"name", "resourceGroupName", "version", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("version")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}/data"
        "/{name}/versions/{version}"
    )
