"""``azure-native:machinelearningservices:Schedule``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class Schedule(AzureResource):
    """When to start a job, which runs while the sandbox does."""

    token = "azure-native:machinelearningservices:Schedule"
    immutable = frozenset({"name", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"properties"})
    auto_name = SameName("name")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
        "/schedules/{name}"
    )
