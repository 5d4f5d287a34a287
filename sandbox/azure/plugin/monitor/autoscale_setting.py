"""``azure-native:monitor:AutoscaleSetting``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class AutoscaleSetting(AzureResource):
    """Rules for a number of instances."""

    token = "azure-native:monitor:AutoscaleSetting"
    behaviour = "recorded"
    immutable = frozenset({"autoscaleSettingName", "location", "resourceGroupName"})
    mutable = frozenset(
        {
            "enabled",
            "name",
            "notifications",
            "predictiveAutoscalePolicy",
            "profiles",
            "tags",
            "targetResourceLocation",
            "targetResourceUri",
        }
    )
    auto_name = RandomName("autoscaleSettingName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Insights/autoscaleSettings/{autoscaleSettingName}"
    )
    inner = frozenset({"name"})
