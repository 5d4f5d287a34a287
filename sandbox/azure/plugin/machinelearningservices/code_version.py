"""``azure-native:machinelearningservices:CodeVersion``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class CodeVersion(AzureResource):
    """A version of code: for good, but for its description and tags."""

    token = "azure-native:machinelearningservices:CodeVersion"
    immutable = frozenset({"name", "resourceGroupName", "version", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("version")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}/codes"
        "/{name}/versions/{version}"
    )
