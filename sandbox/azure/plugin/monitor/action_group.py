"""``azure-native:monitor:ActionGroup``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class ActionGroup(AzureResource):
    """Whom alerts reach; nothing is sent."""

    token = "azure-native:monitor:ActionGroup"
    behaviour = "recorded"
    immutable = frozenset({"actionGroupName", "location", "resourceGroupName"})
    mutable = frozenset(
        {
            "armRoleReceivers",
            "automationRunbookReceivers",
            "azureAppPushReceivers",
            "azureFunctionReceivers",
            "emailReceivers",
            "enabled",
            "eventHubReceivers",
            "groupShortName",
            "identity",
            "incidentReceivers",
            "itsmReceivers",
            "logicAppReceivers",
            "smsReceivers",
            "tags",
            "voiceReceivers",
            "webhookReceivers",
        }
    )
    auto_name = RandomName("actionGroupName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Insights/actionGroups/{actionGroupName}"
    )
