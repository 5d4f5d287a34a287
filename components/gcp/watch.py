"""Watching: the log sink, alert policies, the channels they ring on, and a dashboard."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_gcp as gcp

from components.gcp.labels import labels_of
from components.naming import Sensitivity
from components.tags import with_sensitivity

_MINUTE: Final = 60
_PREDICTION: Final = "aiplatform.googleapis.com/prediction/online"
# The longest time that an absence can be watched for: 23.5 hours.
# https://cloud.google.com/monitoring/alerts/metric-absence
_LONGEST_ABSENCE: Final = 23 * 60 * _MINUTE + 30 * _MINUTE


@dataclass(frozen=True, kw_only=True)
class WatchArgs:
    """What to watch, by name (it need not exist yet), and when to ring."""

    project_id: str
    region: str
    endpoint_number: str
    max_errors_per_5_minutes: int
    max_latency_ms: int
    max_cpu_percent: int
    idle_hours: int
    emails: Sequence[str]
    log_bucket: pulumi.Output[str]
    tags: Mapping[str, str]


class Watch(pulumi.ComponentResource):
    """Logs of jobs, endpoint and audit in the log bucket, alert policies, one dashboard.

    The sink copies what the stack's services write, and who administered or read what, to the
    bucket that keeps it for its time. Writing down who read data is a setting of the whole
    project, and declared with what else is.
    """

    channel_names: Sequence[pulumi.Output[str]]
    log_groups: Mapping[str, pulumi.Output[str]]
    """A filter of Cloud Logging for each that writes."""
    policy_names: Sequence[pulumi.Output[str]]
    dashboard_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: WatchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Watch", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._labels = labels_of(with_sensitivity(args.tags, Sensitivity.OPERATIONS))
        self._sink(name)
        self.channel_names = [self._channel(f"{name}-{email}", email) for email in args.emails]
        self.policy_names = [
            self._policy(f"{name}-errors", self._errors(), "ERROR"),
            self._policy(f"{name}-latency", self._latency(), "WARNING"),
            self._policy(f"{name}-cpu", self._cpu(), "WARNING"),
            self._policy(f"{name}-idle", self._idle(), "WARNING"),
        ]
        dashboard = gcp.monitoring.Dashboard(
            name,
            project=args.project_id,
            dashboard_json=json.dumps(self._dashboard(name)),
            opts=self._child,
        )
        self.dashboard_name = dashboard.id
        self.log_groups = {
            "serving": pulumi.Output.from_input(
                f'resource.labels.endpoint_id="{args.endpoint_number}"'
            ),
            "training": pulumi.Output.from_input('resource.type="ml_job"'),
            "prep": pulumi.Output.from_input('resource.type="dataflow_step"'),
        }
        self.register_outputs(
            {
                "channel_names": list(self.channel_names),
                "log_groups": dict(self.log_groups),
                "policy_names": list(self.policy_names),
                "dashboard_name": self.dashboard_name,
            }
        )

    def _sink(self, name: str) -> None:
        args = self._args
        wanted = [
            'logName:"cloudaudit.googleapis.com"',
            'resource.type="ml_job"',
            'resource.type="dataflow_step"',
            f'resource.labels.endpoint_id="{args.endpoint_number}"',
            'logName:"aiplatform.googleapis.com%2Fmodel_monitoring_anomaly"',
        ]
        sink = gcp.logging.ProjectSink(
            name,
            name=name,
            project=args.project_id,
            destination=pulumi.Output.concat("storage.googleapis.com/", args.log_bucket),
            filter=" OR ".join(wanted),
            # An account of its own, so that its right to write ends with the sink.
            unique_writer_identity=True,
            description=f"{name}: logs that are kept",
            opts=self._child,
        )
        gcp.storage.BucketIAMMember(
            f"{name}-sink",
            bucket=args.log_bucket,
            role="roles/storage.objectCreator",
            member=sink.writer_identity,
            opts=self._child,
        )

    def _channel(self, name: str, email: str) -> pulumi.Output[str]:
        return gcp.monitoring.NotificationChannel(
            name,
            project=self._args.project_id,
            display_name=email,
            type="email",
            labels={"email_address": email},
            user_labels=self._labels,
            opts=self._child,
        ).name

    def _policy(self, name: str, condition: Any, severity: str) -> pulumi.Output[str]:
        about = str(condition["display_name"])
        return gcp.monitoring.AlertPolicy(
            name,
            project=self._args.project_id,
            display_name=name,
            combiner="OR",
            conditions=[condition],
            notification_channels=list(self.channel_names),
            documentation={"content": about, "mime_type": "text/markdown"},
            severity=severity,
            user_labels=self._labels,
            opts=self._child,
        ).name

    def _filter(self, metric: str, more: str = "") -> str:
        return (
            f'metric.type="{_PREDICTION}/{metric}" AND '
            'resource.type="aiplatform.googleapis.com/Endpoint" AND '
            f'resource.label.endpoint_id="{self._args.endpoint_number}"{more}'
        )

    def _errors(self) -> dict[str, Any]:
        return {
            "display_name": "The endpoint answers with errors.",
            "condition_threshold": {
                "filter": self._filter("error_count"),
                "comparison": "COMPARISON_GT",
                "threshold_value": self._args.max_errors_per_5_minutes,
                "duration": "0s",
                "aggregations": [
                    {
                        "alignment_period": f"{5 * _MINUTE}s",
                        "per_series_aligner": "ALIGN_DELTA",
                        "cross_series_reducer": "REDUCE_SUM",
                    }
                ],
            },
        }

    def _latency(self) -> dict[str, Any]:
        return {
            "display_name": "One request in a hundred waits too long for the model.",
            "condition_threshold": {
                "filter": self._filter(
                    "prediction_latencies", ' AND metric.label.latency_type="total"'
                ),
                "comparison": "COMPARISON_GT",
                "threshold_value": self._args.max_latency_ms,
                "duration": f"{3 * _MINUTE}s",
                "aggregations": [
                    {
                        "alignment_period": f"{_MINUTE}s",
                        "per_series_aligner": "ALIGN_DELTA",
                        "cross_series_reducer": "REDUCE_PERCENTILE_99",
                    }
                ],
            },
        }

    def _cpu(self) -> dict[str, Any]:
        percent = 100
        return {
            "display_name": "The replicas are short of processor.",
            "condition_threshold": {
                "filter": self._filter("cpu/utilization"),
                "comparison": "COMPARISON_GT",
                "threshold_value": self._args.max_cpu_percent / percent,
                "duration": f"{5 * _MINUTE}s",
                "aggregations": [
                    {
                        "alignment_period": f"{_MINUTE}s",
                        "per_series_aligner": "ALIGN_MEAN",
                        "cross_series_reducer": "REDUCE_MEAN",
                    }
                ],
            },
        }

    def _idle(self) -> dict[str, Any]:
        hours = self._args.idle_hours
        return {
            "display_name": f"No request for {hours} hours: consider deleting the endpoint.",
            "condition_absent": {
                "filter": self._filter("prediction_count"),
                # An endpoint that nobody calls writes no data at all.
                "duration": f"{min(hours * 60 * _MINUTE, _LONGEST_ABSENCE)}s",
                "aggregations": [
                    {
                        "alignment_period": f"{5 * _MINUTE}s",
                        "per_series_aligner": "ALIGN_DELTA",
                        "cross_series_reducer": "REDUCE_SUM",
                    }
                ],
            },
        }

    def _dashboard(self, name: str) -> dict[str, Any]:
        charts = [
            ("Requests", "prediction_count", "ALIGN_RATE", "REDUCE_SUM"),
            ("Errors", "error_count", "ALIGN_RATE", "REDUCE_SUM"),
            ("Latency, p99 (ms)", "prediction_latencies", "ALIGN_DELTA", "REDUCE_PERCENTILE_99"),
            ("Processor", "cpu/utilization", "ALIGN_MEAN", "REDUCE_MEAN"),
            ("Replicas", "replicas", "ALIGN_MEAN", "REDUCE_SUM"),
        ]
        return {
            "displayName": name,
            "gridLayout": {
                "columns": "2",
                "widgets": [
                    {
                        "title": title,
                        "xyChart": {
                            "dataSets": [
                                {
                                    "timeSeriesQuery": {
                                        "timeSeriesFilter": {
                                            "filter": self._filter(metric),
                                            "aggregation": {
                                                "alignmentPeriod": f"{_MINUTE}s",
                                                "perSeriesAligner": aligner,
                                                "crossSeriesReducer": reducer,
                                            },
                                        }
                                    },
                                    "plotType": "LINE",
                                }
                            ]
                        },
                    }
                    for title, metric, aligner, reducer in charts
                ],
            },
        }
