"""``azure-native:machinelearningservices:CodeContainer``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class CodeContainer(AzureResource):
    """A name for versions of code."""

    token = "azure-native:machinelearningservices:CodeContainer"
    immutable = frozenset({"name", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("name")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}/codes/{name}"
    )
