"""``azure-native:monitor:MetricAlert``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class MetricAlert(AzureResource):
    """When to notify whom; nothing is measured."""

    token = "azure-native:monitor:MetricAlert"
    behaviour = "recorded"
    immutable = frozenset({"location", "resourceGroupName", "ruleName"})
    mutable = frozenset(
        {
            "actions",
            "autoMitigate",
            "criteria",
            "description",
            "enabled",
            "evaluationFrequency",
            "scopes",
            "severity",
            "tags",
            "targetResourceRegion",
            "targetResourceType",
            "windowSize",
        }
    )
    auto_name = RandomName("ruleName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Insights/metricAlerts/{ruleName}"
    )
    renames = {"criteria.odataType": "odata.type"}
