"""Model monitoring: whether an endpoint is asked for what its model was trained on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws

from components.aws.lake import Zone
from components.aws.prep import GLUE_VERSION
from components.aws.serving import VARIANT
from components.aws.uploads import upload_code
from components.aws.watch import MONITORING_NAMESPACE
from components.naming import Sensitivity
from components.packaging import CodeArchive, pack_modules
from components.tags import with_sensitivity

_HOUR: Final = 60 * 60
_SCRIPT: Final = "drift_glue"
# A quarter past, so that what was captured until the full hour is stored; and the part of the
# interval that is left to the next comparison for the same reason.
_SCHEDULED_MINUTE: Final = 15
_LAG_MINUTES: Final = 5
# The least that Glue takes: the script runs on one worker, in memory that no traffic fills.
_WORKER_TYPE: Final = "G.1X"
_WORKERS: Final = 2
# The next hour's run finds the job free.
_TIMEOUT_MINUTES: Final = 50


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """The endpoint, what to compare its requests with, the thresholds, and who is told."""

    region: str
    endpoint_name: str
    datasets: pulumi.Input[Mapping[str, str]]
    """S3 prefixes of the prepared ``train`` split and its ``statistics``."""
    features: Sequence[str]
    skew_threshold: float
    drift_threshold: float
    feature_thresholds: Mapping[str, float]
    """Of single features, for skew and drift, in place of the two above."""
    min_rows: int
    interval_hours: int
    """A divisor of 24: Glue's schedules know no other intervals."""
    code_directory: Path
    security_configuration: pulumi.Input[str]
    connections: Sequence[pulumi.Input[str]] | None
    log_prefix: pulumi.Input[str]
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    role_arn: pulumi.Input[str]
    topic_arn: pulumi.Input[str]
    tags: Mapping[str, str]


class Monitoring(pulumi.ComponentResource):
    """Compares captured requests with the training split (skew) and the time before (drift).

    A scheduled Glue job, since SageMaker's own monitoring takes no new customers. Its report goes
    to the artefact bucket; its metrics have an alarm per feature and kind, whose name says which,
    and one for comparisons that stay away.
    """

    job_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Monitoring", name, None, opts)
        unknown = sorted(set(args.feature_thresholds) - set(args.features))
        if unknown:
            raise ValueError(
                f"monitoring.feature_thresholds names {', '.join(unknown)}; the features are "
                f"{', '.join(args.features)}"
            )
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = with_sensitivity(args.tags, Sensitivity.DATA)
        job = self._job(name)
        aws.glue.Trigger(
            f"{name}-monitoring",
            type="SCHEDULED",
            schedule=schedule(args.interval_hours),
            actions=[{"job_name": job.name}],
            start_on_creation=True,
            tags=self._tags,
            opts=self._child,
        )
        for feature in args.features:
            for kind, threshold in self._thresholds()[feature].items():
                self._alarm(name, feature, kind, threshold)
        self._missing_alarm(name)
        self.job_name = job.name
        self.register_outputs({"job_name": self.job_name})

    def _thresholds(self) -> dict[str, dict[str, float]]:
        args = self._args
        kinds = {"skew": args.skew_threshold, "drift": args.drift_threshold}
        return {
            feature: {
                kind: args.feature_thresholds.get(feature, default)
                for kind, default in kinds.items()
            }
            for feature in args.features
        }

    def _upload(self, name: str, archive: CodeArchive, file_name: str) -> pulumi.Output[str]:
        args = self._args
        return upload_code(
            name,
            archive,
            bucket=args.bucket_names[Zone.ARTEFACTS],
            file_name=file_name,
            key_id=args.key_ids[Sensitivity.MODEL],
            tags=args.tags,
            parent=self,
        )

    def _job(self, name: str) -> aws.glue.Job:
        args = self._args
        modules = pack_modules(args.code_directory, entries=[_SCRIPT])
        script = CodeArchive(path=args.code_directory / f"{_SCRIPT}.py", sha256=modules.sha256)
        sets = pulumi.Output.from_input(args.datasets)
        captured = pulumi.Output.concat(
            "s3://",
            args.bucket_names[Zone.PROCESSED],
            f"/captured/{args.endpoint_name}/{VARIANT}",
        )
        report = pulumi.Output.concat("s3://", args.bucket_names[Zone.ARTEFACTS], "/monitoring")
        return aws.glue.Job(
            f"{name}-monitoring",
            role_arn=args.role_arn,
            glue_version=GLUE_VERSION,
            worker_type=_WORKER_TYPE,
            number_of_workers=_WORKERS,
            timeout=_TIMEOUT_MINUTES,
            max_retries=0,
            execution_property={"max_concurrent_runs": 1},
            security_configuration=args.security_configuration,
            connections=args.connections,
            command={
                "name": "glueetl",
                "python_version": "3",
                "script_location": self._upload(
                    f"{name}-monitoring-script", script, f"{_SCRIPT}.py"
                ),
            },
            default_arguments={
                "--job-language": "python",
                "--job-bookmark-option": "job-bookmark-disable",
                "--enable-metrics": "true",
                "--extra-py-files": self._upload(
                    f"{name}-monitoring-modules", modules, "modules.zip"
                ),
                "--custom-logGroup-prefix": args.log_prefix,
                "--region": args.region,
                "--endpoint": args.endpoint_name,
                "--captured_uri": captured,
                "--train_uri": sets.apply(lambda known: known["train"]),
                "--statistics_uri": sets.apply(lambda known: known["statistics"]),
                "--report_uri": report,
                "--namespace": MONITORING_NAMESPACE,
                "--thresholds": json.dumps(self._thresholds(), sort_keys=True),
                "--min_rows": str(args.min_rows),
                "--interval_hours": str(args.interval_hours),
                "--lag_minutes": str(_LAG_MINUTES),
            },
            tags=self._tags,
            opts=self._child,
        )

    def _alarm(self, name: str, feature: str, kind: str, threshold: float) -> None:
        base = "the training split" if kind == "skew" else "the interval before"
        aws.cloudwatch.MetricAlarm(
            f"{name}-{kind}-{feature}",
            alarm_description=f"Requests' {feature} is unlike that of {base}.",
            namespace=MONITORING_NAMESPACE,
            metric_name=kind.title(),
            dimensions={"EndpointName": self._args.endpoint_name, "Feature": feature},
            statistic="Maximum",
            period=_HOUR,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold",
            threshold=threshold,
            # Between two comparisons, and where there were too few requests for one, nothing is
            # known that would change what the last one found.
            treat_missing_data="ignore",
            alarm_actions=[self._args.topic_arn],
            ok_actions=[self._args.topic_arn],
            tags=self._tags,
            opts=self._child,
        )

    def _missing_alarm(self, name: str) -> None:
        """Rings when two comparisons in a row stayed away; each counts rows, be it none."""
        aws.cloudwatch.MetricAlarm(
            f"{name}-monitoring",
            alarm_description="Captured requests are not compared any more: see the job's runs.",
            namespace=MONITORING_NAMESPACE,
            metric_name="Rows",
            dimensions={"EndpointName": self._args.endpoint_name},
            statistic="SampleCount",
            period=self._args.interval_hours * _HOUR,
            evaluation_periods=2,
            comparison_operator="LessThanThreshold",
            threshold=1,
            # Insufficient data is where a new alarm begins, silently: it rings only after data
            # had been there.
            treat_missing_data="missing",
            insufficient_data_actions=[self._args.topic_arn],
            ok_actions=[self._args.topic_arn],
            tags=self._tags,
            opts=self._child,
        )


def schedule(interval_hours: int) -> str:
    """Glue's cron expression for every ``interval_hours`` hours of a day.

    https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html
    """
    hours = "0" if interval_hours == 24 else f"0/{interval_hours}"
    return f"cron({_SCHEDULED_MINUTE} {hours} * * ? *)"
