"""``azure-native:machinelearningservices:Job``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class Job(AzureResource):
    """A command, sweep or AutoML job, which runs."""

    token = "azure-native:machinelearningservices:Job"
    immutable = frozenset({"id", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("id")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}/jobs/{id}"
    )
