"""``azure-native:monitor:DiagnosticSetting``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class DiagnosticSetting(AzureResource):
    """Where a resource's logs and metrics go; none are sent."""

    token = "azure-native:monitor:DiagnosticSetting"
    behaviour = "recorded"
    immutable = frozenset({"name", "resourceUri"})
    mutable = frozenset(
        {
            "eventHubAuthorizationRuleId",
            "eventHubName",
            "logAnalyticsDestinationType",
            "logs",
            "marketplacePartnerId",
            "metrics",
            "serviceBusRuleId",
            "storageAccountId",
            "workspaceId",
        }
    )
    auto_name = SameName("name")
    path = "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}"
