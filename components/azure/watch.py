"""Watching: diagnostic settings, alerts, the group they ring for, and a dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.charts import Chart, dashboard_properties
from components.naming import Sensitivity
from components.tags import with_sensitivity

_CRITERIA: Final = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
_ERROR: Final = 1
_WARNING: Final = 2
_LONGEST_SHORT_NAME: Final = 12
_DAY_HOURS: Final = 24
ALL_LOGS: Final = ("allLogs",)
"""Whatever a resource can tell, also what Azure adds to it later."""

# 424 is how an endpoint tells that the scoring code failed.
# https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints
_FAILURES: Final = ("424", "500", "502", "503", "504")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A resource with diagnostic settings."""

    id: pulumi.Output[str]
    logs: Sequence[str] = ALL_LOGS
    """Categories, or :data:`ALL_LOGS` where the resource has groups of them."""
    has_metrics: bool = True
    is_log_account: bool = False
    """Its own logs cannot go to itself: they would make more of them without end."""


@dataclass(frozen=True, kw_only=True)
class WatchArgs:
    """What to watch, and when to ring."""

    resource_group_name: pulumi.Input[str]
    region: str
    log_workspace_id: pulumi.Input[str]
    log_account_id: pulumi.Input[str]
    watched: Mapping[str, Watched]
    endpoint_id: pulumi.Output[str] | None
    """The online endpoint; none where there is none."""
    deployment_id: pulumi.Output[str] | None
    container_id: pulumi.Output[str] | None
    """The container group; none where there is none."""
    container_cpu: float
    max_errors_per_5_minutes: int
    max_latency_ms: int
    max_cpu_percent: int
    idle_hours: int
    emails: Sequence[str]
    tags: Mapping[str, str]


class Watch(pulumi.ComponentResource):
    """Who did what in every resource, alerts on what serves, one dashboard.

    All that a resource can tell goes to the log workspace, where it is asked, and to the log
    account, where it stays for its time. Unlike on the other clouds it is declared last: Azure
    takes diagnostic settings and alerts for resources that exist only.
    """

    action_group_id: pulumi.Output[str]
    log_groups: Mapping[str, pulumi.Output[str]]
    """A query of Log Analytics for each that writes."""
    dashboard_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: WatchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Watch", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = with_sensitivity(args.tags, Sensitivity.OPERATIONS)
        for what, watched in args.watched.items():
            self._diagnose(f"{name}-{what}", watched)
        self.action_group_id = self._group(name)
        charts: list[Chart] = []
        if args.endpoint_id is not None and args.deployment_id is not None:
            self._endpoint_alerts(name, args.endpoint_id, args.deployment_id)
            charts += _endpoint_charts(args.endpoint_id, args.deployment_id)
        if args.container_id is not None:
            self._container_alert(name, args.container_id)
            charts += _container_charts(args.container_id)
        dashboard = azure.portal.Dashboard(
            name,
            resource_group_name=args.resource_group_name,
            location=args.region,
            properties=dashboard_properties(charts),
            # The portal shows this tag as the dashboard's title.
            tags={**self._tags, "hidden-title": name},
            opts=self._child,
        )
        self.dashboard_name = dashboard.name
        serving = (
            "AmlOnlineEndpointConsoleLog"
            if args.endpoint_id is not None
            else "ContainerInstanceLog"
        )
        self.log_groups = {
            "serving": pulumi.Output.from_input(serving),
            "training": pulumi.Output.from_input(
                f'AmlRunStatusChangedEvent | where * has "{name}"'
            ),
            "prep": pulumi.Output.from_input(
                f'AmlRunStatusChangedEvent | where * has "{name}-prep"'
            ),
        }
        self.register_outputs(
            {
                "action_group_id": self.action_group_id,
                "log_groups": dict(self.log_groups),
                "dashboard_name": self.dashboard_name,
            }
        )

    def _diagnose(self, name: str, watched: Watched) -> None:
        args = self._args
        key = "category_group" if watched.logs is ALL_LOGS else "category"
        logs: Any = [{key: category, "enabled": True} for category in watched.logs]
        azure.monitor.DiagnosticSetting(
            name,
            resource_uri=watched.id,
            name=name,
            workspace_id=args.log_workspace_id,
            storage_account_id=None if watched.is_log_account else args.log_account_id,
            logs=logs,
            metrics=[{"category": "AllMetrics", "enabled": True}] if watched.has_metrics else None,
            opts=self._child,
        )

    def _group(self, name: str) -> pulumi.Output[str]:
        args = self._args
        return azure.monitor.ActionGroup(
            name,
            resource_group_name=args.resource_group_name,
            location="Global",
            group_short_name=name[:_LONGEST_SHORT_NAME].rstrip("-"),
            enabled=True,
            email_receivers=[
                {"name": email, "email_address": email, "use_common_alert_schema": True}
                for email in args.emails
            ],
            tags=self._tags,
            opts=self._child,
        ).id

    def _endpoint_alerts(
        self, name: str, endpoint_id: pulumi.Output[str], deployment_id: pulumi.Output[str]
    ) -> None:
        args = self._args
        minutes = 5
        self._alert(
            f"{name}-errors",
            endpoint_id,
            "The endpoint answers with errors.",
            _criterion(
                "RequestsPerMinute",
                # The metric counts a minute's requests: the mean of five.
                args.max_errors_per_5_minutes / minutes,
                dimensions=[{"name": "statusCode", "operator": "Include", "values": _FAILURES}],
            ),
            severity=_ERROR,
        )
        self._alert(
            f"{name}-latency",
            endpoint_id,
            "One request in a hundred waits too long for the model.",
            _criterion("RequestLatency_P99", args.max_latency_ms),
        )
        self._alert(
            f"{name}-cpu",
            deployment_id,
            "The instances are short of processor.",
            _criterion("CpuUtilizationPercentage", args.max_cpu_percent),
        )
        self._idle(f"{name}-idle", endpoint_id)

    def _container_alert(self, name: str, container_id: pulumi.Output[str]) -> None:
        args = self._args
        millicores, percent = 1000, 100
        self._alert(
            f"{name}-container-cpu",
            container_id,
            "The container is short of processor.",
            _criterion(
                "CpuUsage", args.container_cpu * millicores * args.max_cpu_percent / percent
            ),
        )

    def _alert(
        self,
        name: str,
        scope: pulumi.Output[str],
        about: str,
        criterion: Any,
        *,
        severity: int = _WARNING,
    ) -> None:
        criteria = azure.monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
            odata_type=_CRITERIA, all_of=[criterion]
        )
        azure.monitor.MetricAlert(
            name,
            resource_group_name=self._args.resource_group_name,
            location="global",
            description=about,
            severity=severity,
            enabled=True,
            scopes=[scope],
            evaluation_frequency="PT1M",
            window_size="PT5M",
            criteria=criteria,
            auto_mitigate=True,
            actions=[{"action_group_id": self.action_group_id}],
            tags=self._tags,
            opts=self._child,
        )

    def _idle(self, name: str, endpoint_id: pulumi.Output[str]) -> None:
        args, hours = self._args, self._args.idle_hours
        # A metric that nobody writes is no data, and no data rings nothing: a query that finds
        # nothing does.
        query = endpoint_id.apply(
            lambda known: f'AmlOnlineEndpointTrafficLog | where _ResourceId =~ "{known}"'
        )
        days, rest = divmod(hours, _DAY_HOURS)
        azure.monitor.ScheduledQueryRule(
            name,
            resource_group_name=args.resource_group_name,
            location=args.region,
            kind=azure.monitor.Kind.LOG_ALERT,
            display_name=name,
            description=f"No request for {hours} hours: consider deleting the endpoint.",
            severity=_WARNING,
            enabled=True,
            scopes=[args.log_workspace_id],
            evaluation_frequency="PT1H",
            window_size=f"P{days}D" if not rest else f"PT{hours}H",
            criteria={
                "all_of": [
                    {
                        "query": query,
                        "time_aggregation": azure.monitor.TimeAggregation.COUNT,
                        # The SDK's enumeration of this name is another resource's.
                        "operator": "LessThan",
                        "threshold": 1,
                        "failing_periods": {
                            "min_failing_periods_to_alert": 1,
                            "number_of_evaluation_periods": 1,
                        },
                    }
                ]
            },
            auto_mitigate=True,
            # The table comes with the first request.
            skip_query_validation=True,
            actions={"action_groups": [self.action_group_id]},
            tags=self._tags,
            opts=self._child,
        )


def _criterion(metric: str, threshold: float, *, dimensions: Any = None) -> Any:
    return azure.monitor.MetricCriteriaArgs(
        criterion_type="StaticThresholdCriterion",
        name=metric,
        metric_name=metric,
        operator="GreaterThan",
        threshold=threshold,
        time_aggregation="Average",
        dimensions=[azure.monitor.MetricDimensionArgs(**item) for item in dimensions or ()],
    )


def _endpoint_charts(
    endpoint_id: pulumi.Output[str], deployment_id: pulumi.Output[str]
) -> list[Chart]:
    return [
        Chart("Requests", endpoint_id, "RequestsPerMinute"),
        Chart("Latency, p99 (ms)", endpoint_id, "RequestLatency_P99"),
        Chart("Processor (%)", deployment_id, "CpuUtilizationPercentage"),
        Chart("Instances", deployment_id, "DeploymentCapacity"),
    ]


def _container_charts(container_id: pulumi.Output[str]) -> list[Chart]:
    return [
        Chart("Container: processor (millicores)", container_id, "CpuUsage"),
        Chart("Container: memory (bytes)", container_id, "MemoryUsage"),
    ]
