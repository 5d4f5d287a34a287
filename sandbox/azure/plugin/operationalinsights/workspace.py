"""``azure-native:operationalinsights:Workspace``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class Workspace(AzureResource):
    """A Log Analytics workspace."""

    token = "azure-native:operationalinsights:Workspace"
    behaviour = "recorded"
    immutable = frozenset({"location", "resourceGroupName", "workspaceName"})
    mutable = frozenset(
        {
            "defaultDataCollectionRuleResourceId",
            "features",
            "forceCmkForQuery",
            "identity",
            "publicNetworkAccessForIngestion",
            "publicNetworkAccessForQuery",
            "retentionInDays",
            "sku",
            "tags",
            "workspaceCapping",
        }
    )
    auto_name = RandomName("workspaceName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}"
    )
    inner = frozenset({"sku"})
