"""``azure-native:portal:Dashboard``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class Dashboard(AzureResource):
    """Charts, as data."""

    token = "azure-native:portal:Dashboard"
    behaviour = "recorded"
    immutable = frozenset({"dashboardName", "location", "resourceGroupName"})
    mutable = frozenset({"properties", "tags"})
    auto_name = RandomName("dashboardName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Portal/dashboards/{dashboardName}"
    )
