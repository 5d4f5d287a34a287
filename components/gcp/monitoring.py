"""Model monitoring: whether an endpoint is asked for what its model was trained on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from components.gcp.labels import labels_of
from components.gcp.lake import Zone
from components.gcp.vertex.model_monitoring import ModelMonitoring, ModelMonitoringArgs
from components.naming import Sensitivity, content_hash
from components.tags import with_sensitivity


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """The endpoint, the table to compare with, the thresholds, and who is told."""

    project_id: str
    region: str
    endpoint_name: pulumi.Input[str]
    deployed_model_id: pulumi.Input[str]
    raw_table_uri: pulumi.Input[str]
    file_name: str
    features: Sequence[str]
    """In the order in which a request gives their values."""
    target: str
    skew_threshold: float
    drift_threshold: float
    feature_thresholds: Mapping[str, float]
    """Of single features, for skew and drift, in place of the two above."""
    sample_percent: float
    interval_hours: int
    log_days: int
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    channel_names: Sequence[pulumi.Output[str]]
    tags: Mapping[str, str]


class Monitoring(pulumi.ComponentResource):
    """Compares requests with the raw table (skew) and with the time before (drift).

    Requests are in the units of the raw table, so that is what they are compared with. Anomalies
    ring on the channels of the alert policies and go to Cloud Logging, whose sink keeps them.
    """

    job_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Monitoring", name, None, opts)
        unknown = sorted(set(args.feature_thresholds) - set(args.features))
        if unknown:
            raise ValueError(
                f"monitoring.feature_thresholds names {', '.join(unknown)}; the features are "
                f"{', '.join(args.features)}"
            )
        key = args.key_ids[Sensitivity.DATA]
        labels = labels_of(with_sensitivity(args.tags, Sensitivity.DATA))
        schema = instance_schema(args.features)
        uploaded = gcp.storage.BucketObject(
            f"{name}-instance-schema",
            bucket=args.bucket_names[Zone.ARTEFACTS],
            name=f"monitoring/{content_hash({'schema': schema})}/instance.yaml",
            source=pulumi.StringAsset(schema),
            content_type="application/yaml",
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        job = ModelMonitoring(
            name,
            ModelMonitoringArgs(
                project=args.project_id,
                region=args.region,
                name=name,
                endpoint_name=args.endpoint_name,
                deployed_model_id=args.deployed_model_id,
                training_uri=pulumi.Output.concat(args.raw_table_uri, args.file_name),
                target_field=args.target,
                skew_thresholds=self._thresholds(args, args.skew_threshold),
                drift_thresholds=self._thresholds(args, args.drift_threshold),
                analysis_schema_uri=pulumi.Output.concat(
                    "gs://", uploaded.bucket, "/", uploaded.name
                ),
                sample_rate=args.sample_percent / 100,
                interval_hours=args.interval_hours,
                notification_channels=list(args.channel_names),
                log_days=args.log_days,
                kms_key_name=key,
                labels=labels,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.job_name = job.resource_name
        self.register_outputs({"job_name": self.job_name})

    @staticmethod
    def _thresholds(args: MonitoringArgs, default: float) -> dict[str, float]:
        return {feature: args.feature_thresholds.get(feature, default) for feature in args.features}


def instance_schema(features: Sequence[str]) -> str:
    """The OpenAPI schema of an instance that is a list; ``required`` gives the order of values.

    https://cloud.google.com/vertex-ai/docs/model-monitoring/schemas
    """
    schema = {
        "type": "object",
        "properties": {feature: {"type": "number"} for feature in features},
        "required": list(features),
    }
    # JSON is YAML; two spaces keep it readable.
    return json.dumps(schema, indent=2) + "\n"
