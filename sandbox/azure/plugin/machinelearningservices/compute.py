"""``azure-native:machinelearningservices:Compute``."""

from plugin.handler import Properties
from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class Compute(AzureResource):
    """A cluster without machines: jobs run on this one."""

    token = "azure-native:machinelearningservices:Compute"
    behaviour = "recorded"
    immutable = frozenset({"computeName", "location", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"identity", "properties", "sku", "tags"})
    auto_name = SameName("computeName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
        "/computes/{computeName}"
    )

    def deletion(self, outputs: Properties) -> dict[str, str]:
        return {"underlyingResourceAction": "Delete"}
