"""Watching: log groups, alarms, the topic they ring on, and a dashboard."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components.aws.idle import idle_condition
from components.aws.policies import document
from components.naming import Sensitivity
from components.tags import with_sensitivity

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_ENDPOINT: Final = "AWS/SageMaker"
_REQUESTS: Final = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
_MACHINE: Final = "/aws/sagemaker/Endpoints"
MONITORING_NAMESPACE: Final = "Trimaran/Monitoring"
"""Of the metrics that model monitoring writes."""


@dataclass(frozen=True, kw_only=True)
class WatchArgs:
    """What to watch, by name (it need not exist yet), and when to ring."""

    account_id: str
    region: str
    endpoint_name: str
    variant_name: str
    has_instances: bool
    """Whether there are machines whose load can be watched (serverless variants have none)."""
    max_errors_per_5_minutes: int
    max_latency_ms: int
    max_cpu_percent: int
    idle_days: int
    emails: Sequence[str]
    log_key_id: pulumi.Input[str]
    log_days: int
    log_prefix: str
    """First part of the names of the preparation's log groups."""
    monitored_features: Sequence[str]
    """Features whose skew and drift are measured; empty: there is no monitoring."""
    monitoring_log_prefix: str
    tags: Mapping[str, str]


class Watch(pulumi.ComponentResource):
    """Log groups with key and retention, alarms on an encrypted topic, one dashboard.

    Created before what it watches, so that no service makes a log group of its own without key
    and retention, and so that the endpoint's updates can be rolled back by its alarms. The log
    group of training jobs is shared by the whole account, and declared with what else is.
    """

    topic_arn: pulumi.Output[str]
    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of each log group, by what writes it."""
    rollback_alarm_names: Sequence[pulumi.Output[str]]
    """Alarms that say a new model serves badly."""
    dashboard_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: WatchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Watch", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = with_sensitivity(args.tags, Sensitivity.OPERATIONS)
        self.log_groups = self._log_groups(name)
        self.topic_arn = self._topic(name)
        self.rollback_alarm_names = [
            self._alarm(f"{name}-errors", self._errors()),
            self._alarm(f"{name}-latency", self._latency()),
        ]
        self._alarm(f"{name}-idle", idle_condition(args.idle_days))
        if args.has_instances:
            self._alarm(f"{name}-cpu", self._cpu())
        dashboard = aws.cloudwatch.Dashboard(
            name, dashboard_name=name, dashboard_body=json.dumps(self._body()), opts=self._child
        )
        self.dashboard_name = dashboard.dashboard_name
        self.register_outputs(
            {
                "topic_arn": self.topic_arn,
                "log_groups": dict(self.log_groups),
                "rollback_alarm_names": list(self.rollback_alarm_names),
                "dashboard_name": self.dashboard_name,
            }
        )

    def _log_groups(self, name: str) -> dict[str, pulumi.Output[str]]:
        args = self._args
        groups = {
            "prep": f"{args.log_prefix}/output",
            "prep-errors": f"{args.log_prefix}/error",
            "serving": f"/aws/sagemaker/Endpoints/{args.endpoint_name}",
        }
        secured = ["prep", "prep-errors"]
        if args.monitored_features:
            groups["monitoring"] = f"{args.monitoring_log_prefix}/output"
            groups["monitoring-errors"] = f"{args.monitoring_log_prefix}/error"
            secured += ["monitoring", "monitoring-errors"]
        # With a security configuration Glue may add its name (the stack's) to that of a group:
        # https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging-enable.html
        for use in secured:
            self._log_group(f"{name}-{use}-secured", f"{groups[use]}-{name}")
        return {use: self._log_group(f"{name}-{use}", group) for use, group in groups.items()}

    def _log_group(self, name: str, group: str) -> pulumi.Output[str]:
        return aws.cloudwatch.LogGroup(
            name,
            name=group,
            kms_key_id=self._args.log_key_id,
            retention_in_days=self._args.log_days,
            tags=self._tags,
            opts=self._child,
        ).name

    def _topic(self, name: str) -> pulumi.Output[str]:
        args = self._args
        topic = aws.sns.Topic(
            f"{name}-alarms",
            kms_master_key_id=args.log_key_id,
            tags=self._tags,
            opts=self._child,
        )
        publish = {
            "Sid": "AlarmsAndBudgetPublish",
            "Effect": "Allow",
            "Principal": {"Service": ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]},
            "Action": "sns:Publish",
            "Resource": topic.arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": args.account_id}},
        }
        policy = aws.sns.TopicPolicy(
            f"{name}-alarms", arn=topic.arn, policy=document([publish]), opts=self._child
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-{email}",
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                opts=self._child,
            )
        # Known only with its policy, so that nothing publishes before it may.
        return pulumi.Output.all(topic.arn, policy.id).apply(lambda known: str(known[0]))

    def _dimensions(self) -> dict[str, str]:
        args = self._args
        return {"EndpointName": args.endpoint_name, "VariantName": args.variant_name}

    def _alarm(self, name: str, alarm: Mapping[str, Any]) -> pulumi.Output[str]:
        return aws.cloudwatch.MetricAlarm(
            name,
            dimensions=self._dimensions(),
            alarm_actions=[self.topic_arn],
            ok_actions=[self.topic_arn],
            tags=self._tags,
            opts=self._child,
            **alarm,
        ).name

    def _errors(self) -> dict[str, Any]:
        return {
            "alarm_description": "The endpoint answers with errors of its own (5xx).",
            "namespace": _ENDPOINT,
            "metric_name": "Invocation5XXErrors",
            "statistic": "Sum",
            "period": 5 * _MINUTE,
            "evaluation_periods": 1,
            "comparison_operator": "GreaterThanThreshold",
            "threshold": self._args.max_errors_per_5_minutes,
            "treat_missing_data": "notBreaching",
        }

    def _latency(self) -> dict[str, Any]:
        microseconds = 1000
        return {
            "alarm_description": "One request in a hundred waits too long for the model.",
            "namespace": _ENDPOINT,
            "metric_name": "ModelLatency",
            "extended_statistic": "p99",
            "period": _MINUTE,
            "evaluation_periods": 5,
            "datapoints_to_alarm": 3,
            "comparison_operator": "GreaterThanThreshold",
            "threshold": self._args.max_latency_ms * microseconds,
            "treat_missing_data": "notBreaching",
        }

    def _cpu(self) -> dict[str, Any]:
        return {
            "alarm_description": "The instances are short of processor (100 % is one core).",
            "namespace": _MACHINE,
            "metric_name": "CPUUtilization",
            "statistic": "Average",
            "period": _MINUTE,
            "evaluation_periods": 5,
            "comparison_operator": "GreaterThanThreshold",
            "threshold": self._args.max_cpu_percent,
            "treat_missing_data": "notBreaching",
        }

    def _body(self) -> dict[str, Any]:
        where = [part for pair in self._dimensions().items() for part in pair]
        charts = [
            ("Requests and errors", _ENDPOINT, "Sum", _REQUESTS),
            ("Latency, p99 (µs)", _ENDPOINT, "p99", ("ModelLatency", "OverheadLatency")),
            ("Requests per instance", _ENDPOINT, "Sum", ("InvocationsPerInstance",)),
            ("Machines (%)", _MACHINE, "Average", ("CPUUtilization", "MemoryUtilization")),
        ]
        widgets = [
            (title, statistic, _MINUTE, [[namespace, metric, *where] for metric in metrics])
            for title, namespace, statistic, metrics in charts
        ]
        if self._args.monitored_features:
            widgets += self._monitoring_widgets()
        return {
            "widgets": [
                {
                    "type": "metric",
                    "x": 12 * (index % 2),
                    "y": 6 * (index // 2),
                    "width": 12,
                    "height": 6,
                    "properties": {
                        "title": title,
                        "region": self._args.region,
                        "stat": statistic,
                        "period": period,
                        "metrics": metrics,
                    },
                }
                for index, (title, statistic, period, metrics) in enumerate(widgets)
            ]
        }

    def _monitoring_widgets(self) -> list[tuple[str, str, int, list[list[str]]]]:
        space, where = MONITORING_NAMESPACE, ["EndpointName", self._args.endpoint_name]
        divergences = [
            (
                f"{kind} of each feature (Jensen-Shannon divergence)",
                "Maximum",
                _HOUR,
                [
                    [space, kind, *where, "Feature", feature]
                    for feature in self._args.monitored_features
                ],
            )
            for kind in ("Skew", "Drift")
        ]
        seen = [[space, metric, *where] for metric in ("Rows", "Malformed")]
        return [*divergences, ("Captured rows, malformed records", "Sum", _HOUR, seen)]
