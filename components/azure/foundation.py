"""What everything else stands in: the resource group, and where logs and traces go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_azure_native as azure

from components.naming import Sensitivity
from components.tags import with_sensitivity

# What a workspace keeps at most; longer spans are a matter of the storage account.
# https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
_LONGEST_RETENTION: Final = 730
_SHORTEST_RETENTION: Final = 30


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    """Where, and how long logs are kept."""

    region: str
    log_days: int
    tags: Mapping[str, str]


class Foundation(pulumi.ComponentResource):
    """A resource group of the stack's own, a Log Analytics workspace and Application Insights.

    All resources are in this group: roles, the budget and a look into the portal end with it. Logs
    are read with Entra identities only (no workspace keys), and each reader sees the logs of those
    resources that he may see. Azure keeps between 30 and 730 days here; where longer ones are
    asked for, the copy in the lake's log account stays.
    """

    resource_group_name: pulumi.Output[str]
    resource_group_id: pulumi.Output[str]
    log_workspace_id: pulumi.Output[str]
    application_insights_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Foundation", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        tags = with_sensitivity(args.tags, Sensitivity.OPERATIONS)
        group = azure.resources.ResourceGroup(
            name, location=args.region, tags=dict(args.tags), opts=child
        )
        logs = azure.operationalinsights.Workspace(
            name,
            resource_group_name=group.name,
            location=args.region,
            sku={"name": "PerGB2018"},
            retention_in_days=max(_SHORTEST_RETENTION, min(args.log_days, _LONGEST_RETENTION)),
            features={
                "disable_local_auth": True,
                "enable_log_access_using_only_resource_permissions": True,
            },
            tags=tags,
            opts=child,
        )
        insights = azure.applicationinsights.Component(
            name,
            resource_group_name=group.name,
            location=args.region,
            kind="web",
            application_type="web",
            ingestion_mode="LogAnalytics",
            workspace_resource_id=logs.id,
            tags=tags,
            opts=child,
        )
        self.resource_group_name = group.name
        self.resource_group_id = group.id
        self.log_workspace_id = logs.id
        self.application_insights_id = insights.id
        self.register_outputs(
            {
                "resource_group_name": self.resource_group_name,
                "resource_group_id": self.resource_group_id,
                "log_workspace_id": self.log_workspace_id,
                "application_insights_id": self.application_insights_id,
            }
        )
