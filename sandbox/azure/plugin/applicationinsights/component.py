"""``azure-native:applicationinsights:Component``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class Component(AzureResource):
    """Application Insights."""

    token = "azure-native:applicationinsights:Component"
    behaviour = "recorded"
    immutable = frozenset({"location", "resourceGroupName", "resourceName"})
    mutable = frozenset(
        {
            "applicationType",
            "disableIpMasking",
            "disableLocalAuth",
            "flowType",
            "ingestionMode",
            "kind",
            "publicNetworkAccessForIngestion",
            "publicNetworkAccessForQuery",
            "requestSource",
            "retentionInDays",
            "samplingPercentage",
            "tags",
            "workspaceResourceId",
        }
    )
    auto_name = RandomName("resourceName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Insights/components/{resourceName}"
    )
    defaults = {
        "applicationType": "web",
        "flowType": "Bluefield",
        "ingestionMode": "LogAnalytics",
        "requestSource": "rest",
    }
    renames = {
        "appId": "AppId",
        "applicationId": "ApplicationId",
        "applicationType": "Application_Type",
        "connectionString": "ConnectionString",
        "creationDate": "CreationDate",
        "disableIpMasking": "DisableIpMasking",
        "disableLocalAuth": "DisableLocalAuth",
        "flowType": "Flow_Type",
        "ingestionMode": "IngestionMode",
        "instrumentationKey": "InstrumentationKey",
        "requestSource": "Request_Source",
        "retentionInDays": "RetentionInDays",
        "samplingPercentage": "SamplingPercentage",
        "tenantId": "TenantId",
        "workspaceResourceId": "WorkspaceResourceId",
    }
