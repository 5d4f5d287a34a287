"""``azure-native:machinelearningservices:EnvironmentContainer``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class EnvironmentContainer(AzureResource):
    """A name for versions of environments."""

    token = "azure-native:machinelearningservices:EnvironmentContainer"
    immutable = frozenset({"name", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("name")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
        "/environments/{name}"
    )
