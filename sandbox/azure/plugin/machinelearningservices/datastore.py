"""``azure-native:machinelearningservices:Datastore``."""

from plugin.handler import Properties
from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class Datastore(AzureResource):
    """A name for a container of a storage account."""

    token = "azure-native:machinelearningservices:Datastore"
    immutable = frozenset({"name", "resourceGroupName", "workspaceName"})
    mutable = frozenset({"properties", "skipValidation"})
    auto_name = SameName("name")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
        "/datastores/{name}"
    )
    local = frozenset({"skipValidation"})
    unsent = frozenset({"skipValidation"})
    untold = frozenset({"skipValidation"})

    def query(self, inputs: Properties) -> dict[str, str]:
        return {"skipValidation": "true"} if inputs.get("skipValidation") else {}
