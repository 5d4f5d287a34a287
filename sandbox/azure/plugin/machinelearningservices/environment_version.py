"""``azure-native:machinelearningservices:EnvironmentVersion``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class EnvironmentVersion(AzureResource):
    """A version of environments: for good, but for its description and tags."""

    token = "azure-native:machinelearningservices:EnvironmentVersion"
    immutable = frozenset({"name", "resourceGroupName", "version", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("version")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
        "/environments/{name}/versions/{version}"
    )
