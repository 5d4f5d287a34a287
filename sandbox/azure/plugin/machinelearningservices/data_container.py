"""``azure-native:machinelearningservices:DataContainer``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class DataContainer(AzureResource):
    """A name for versions of data."""

    token = "azure-native:machinelearningservices:DataContainer"
    immutable = frozenset({"name", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("name")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}/data/{name}"
    )
