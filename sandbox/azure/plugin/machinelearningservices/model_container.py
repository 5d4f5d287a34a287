"""``azure-native:machinelearningservices:ModelContainer``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class ModelContainer(AzureResource):
    """A name for versions of models."""

    token = "azure-native:machinelearningservices:ModelContainer"
    immutable = frozenset({"name", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("name")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}/models/{name}"
    )
