"""``azure-native:monitor:ScheduledQueryRule``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class ScheduledQueryRule(AzureResource):
    """Which query's answer notifies whom; nothing is asked."""

    token = "azure-native:monitor:ScheduledQueryRule"
    behaviour = "recorded"
    immutable = frozenset({"kind", "location", "resourceGroupName", "ruleName"})
    mutable = frozenset(
        {
            "actions",
            "autoMitigate",
            "criteria",
            "description",
            "displayName",
            "enabled",
            "evaluationFrequency",
            "scopes",
            "severity",
            "skipQueryValidation",
            "tags",
            "windowSize",
        }
    )
    auto_name = RandomName("ruleName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Insights/scheduledQueryRules/{ruleName}"
    )
