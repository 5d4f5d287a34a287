"""Serving: model, endpoint configuration, endpoint, its releases and its scaling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components.aws.idle import idle_condition
from components.aws.instances import has_local_storage
from components.aws.lake import Zone
from components.aws.network import Placement
from components.aws.runs.endpoint_release import EndpointRelease, EndpointReleaseArgs
from components.aws.runs.leftovers import leftover_hooks
from components.naming import Sensitivity, content_name
from components.off_hours import Change, Reduction
from components.tags import with_sensitivity

VARIANT: Final = "AllTraffic"
_DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"
_NAMESPACE: Final = "sagemaker"


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The bounds of the number of instances and the load that each should carry."""

    min_instances: int
    max_instances: int
    invocations_per_instance: float
    """Requests per minute."""
    off_hours: Reduction | None
    idle_days: int | None
    """Days without a request after which the number goes to its least; none: it stays."""


@dataclass(frozen=True, kw_only=True)
class Serverless:
    """A variant without instances."""

    memory_mb: int
    max_concurrency: int


@dataclass(frozen=True, kw_only=True)
class ServingArgs:
    """The model, and the machines that serve it."""

    region: str
    endpoint_name: str
    image: pulumi.Input[str]
    model_data_url: pulumi.Input[str]
    model_sha256: pulumi.Input[str]
    job_name: pulumi.Input[str]
    gate: pulumi.Resource
    """Must be passed before anything here changes."""
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    role_arn: pulumi.Input[str]
    instance_type: str
    instance_count: int
    serverless: Serverless | None
    scaling: Scaling | None
    capture_percent: int
    rollback_alarm_names: Sequence[pulumi.Input[str]]
    baking_minutes: int
    """How long the alarms are watched before the old model goes."""
    placement: Placement | None
    tags: Mapping[str, str]


class Serving(pulumi.ComponentResource):
    """An endpoint that changes models without an interruption and goes back when alarms ring.

    A new model means a new configuration (named from its content), then a blue/green swap that
    keeps the count the autoscaler chose, then the deletion of the old configuration. The container
    has no network and loads only the model file whose digest the stack gives it.

    The endpoint's name is fixed: clients keep it, and its log group can exist, encrypted and with
    a retention, before SageMaker would create one without.
    """

    endpoint_name: pulumi.Output[str]
    """Known once the endpoint serves the model."""
    model_sha256: pulumi.Output[str]
    releases: pulumi.Output[Sequence[Mapping[str, str]]]
    """Earlier models, newest first: where a rollback goes."""

    def __init__(
        self, name: str, args: ServingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Serving", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = with_sensitivity(args.tags, Sensitivity.MODEL)
        model = self._model(name)
        configuration = self._configuration(name, model)
        endpoint = self._endpoint(name, configuration)
        release = self._release(name, endpoint, configuration)
        if args.scaling is not None:
            self._scale(name, release, args.scaling)
        self.endpoint_name = release.endpoint_name
        self.model_sha256 = pulumi.Output.from_input(args.model_sha256)
        self.releases = release.history
        self.register_outputs(
            {
                "endpoint_name": self.endpoint_name,
                "model_sha256": self.model_sha256,
                "releases": self.releases,
            }
        )

    def _model(self, name: str) -> aws.sagemaker.Model:
        args = self._args
        content: dict[str, Any] = {
            "primary_container": {
                "image": args.image,
                "model_data_url": args.model_data_url,
                "environment": {
                    "MODEL_SHA256": args.model_sha256,
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
                },
            },
            "execution_role_arn": args.role_arn,
            # Serverless variants are refused with isolation (and run in AWS's own network).
            # https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
            "enable_network_isolation": args.serverless is None,
        }
        if args.placement is not None:
            content["vpc_config"] = {
                "security_group_ids": [args.placement.security_group_id],
                "subnets": args.placement.subnet_ids,
            }
        return aws.sagemaker.Model(
            name,
            name=pulumi.Output.all(content).apply(lambda all_: content_name(name, all_[0])),
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.gate],
                hooks=leftover_hooks(),
                delete_before_replace=False,
            ),
            **content,
        )

    def _configuration(
        self, name: str, model: aws.sagemaker.Model
    ) -> aws.sagemaker.EndpointConfiguration:
        args = self._args
        content: dict[str, Any] = {"production_variants": [self._variant(model)]}
        # Local NVMe is encrypted by the hardware, and a key of one's own refused.
        if args.serverless is not None or not has_local_storage(args.instance_type):
            content["kms_key_arn"] = args.key_ids[Sensitivity.MODEL]
        if args.capture_percent:
            content["data_capture_config"] = {
                "enable_capture": True,
                "initial_sampling_percentage": args.capture_percent,
                "destination_s3_uri": pulumi.Output.concat(
                    "s3://", args.bucket_names[Zone.PROCESSED], "/captured"
                ),
                "kms_key_id": args.key_ids[Sensitivity.DATA],
                "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
                "capture_content_type_header": {
                    "json_content_types": ["application/json"],
                    "csv_content_types": ["text/csv"],
                },
            }
        return aws.sagemaker.EndpointConfiguration(
            name,
            name=pulumi.Output.all(content).apply(lambda all_: content_name(name, all_[0])),
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=leftover_hooks(),
                # The provider would delete what has a name of our own before it makes the new
                # one. Here the name is new as well, and the endpoint still uses the old.
                delete_before_replace=False,
            ),
            **content,
        )

    def _variant(self, model: aws.sagemaker.Model) -> dict[str, Any]:
        args = self._args
        variant: dict[str, Any] = {"variant_name": VARIANT, "model_name": model.name}
        if args.serverless is not None:
            variant["serverless_config"] = {
                "memory_size_in_mb": args.serverless.memory_mb,
                "max_concurrency": args.serverless.max_concurrency,
            }
            return variant
        return {
            **variant,
            "instance_type": args.instance_type,
            "initial_instance_count": args.instance_count,
            "initial_variant_weight": 1.0,
        }

    def _endpoint(
        self, name: str, configuration: aws.sagemaker.EndpointConfiguration
    ) -> aws.sagemaker.Endpoint:
        return aws.sagemaker.Endpoint(
            name,
            name=self._args.endpoint_name,
            endpoint_config_name=configuration.name,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                # The provider's update would reset the autoscaler's instance count
                # (hashicorp/terraform-provider-aws#48990); EndpointRelease makes it instead.
                ignore_changes=["endpointConfigName"],
                # Its name is fixed: an old one that is deleted last would be the new one.
                delete_before_replace=True,
                hooks=leftover_hooks(),
            ),
        )

    def _release(
        self,
        name: str,
        endpoint: aws.sagemaker.Endpoint,
        configuration: aws.sagemaker.EndpointConfiguration,
    ) -> EndpointRelease:
        args = self._args
        return EndpointRelease(
            name,
            EndpointReleaseArgs(
                endpoint_name=endpoint.name,
                endpoint_config_name=configuration.name,
                release={
                    "model_data_url": args.model_data_url,
                    "model_sha256": args.model_sha256,
                    "image": args.image,
                    "training_job": args.job_name,
                },
                region=args.region,
                rollback_alarm_names=args.rollback_alarm_names,
                baking_seconds=args.baking_minutes * 60,
            ),
            self._child,
        )

    def _scale(self, name: str, release: EndpointRelease, scaling: Scaling) -> None:
        target = aws.appautoscaling.Target(
            name,
            service_namespace=_NAMESPACE,
            scalable_dimension=_DIMENSION,
            resource_id=pulumi.Output.concat(
                "endpoint/", release.endpoint_name, f"/variant/{VARIANT}"
            ),
            min_capacity=scaling.min_instances,
            max_capacity=scaling.max_instances,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Scheduled actions rewrite the bounds; an update must not undo the night's.
                ignore_changes=["minCapacity", "maxCapacity"] if scaling.off_hours else None,
            ),
        )
        aws.appautoscaling.Policy(
            name,
            service_namespace=_NAMESPACE,
            scalable_dimension=_DIMENSION,
            resource_id=target.resource_id,
            policy_type="TargetTrackingScaling",
            target_tracking_scaling_policy_configuration={
                "target_value": scaling.invocations_per_instance,
                "predefined_metric_specification": {
                    "predefined_metric_type": "SageMakerVariantInvocationsPerInstance"
                },
                "scale_in_cooldown": 300,
                "scale_out_cooldown": 60,
            },
            opts=self._child,
        )
        if scaling.off_hours is not None:
            for change in scaling.off_hours.hours.changes:
                self._schedule(name, target, scaling, scaling.off_hours, change)
        if scaling.idle_days is not None:
            self._shrink_when_idle(name, target, scaling.idle_days)

    def _schedule(
        self,
        name: str,
        target: aws.appautoscaling.Target,
        scaling: Scaling,
        off_hours: Reduction,
        change: Change,
    ) -> None:
        least, most = off_hours.bounds(
            change, least=scaling.min_instances, most=scaling.max_instances
        )
        days = ",".join(day[:3].upper() for day in change.days)
        aws.appautoscaling.ScheduledAction(
            f"{name}-{change.name}",
            service_namespace=_NAMESPACE,
            scalable_dimension=_DIMENSION,
            resource_id=target.resource_id,
            schedule=f"cron({change.minute} {change.hour} ? * {days} *)",
            timezone=off_hours.hours.timezone,
            scalable_target_action={"min_capacity": least, "max_capacity": most},
            opts=self._child,
        )

    def _shrink_when_idle(
        self, name: str, target: aws.appautoscaling.Target, idle_days: int
    ) -> None:
        """Without requests there is no metric to track, and tracking never scales in."""
        policy = aws.appautoscaling.Policy(
            f"{name}-idle",
            service_namespace=_NAMESPACE,
            scalable_dimension=_DIMENSION,
            resource_id=target.resource_id,
            policy_type="StepScaling",
            step_scaling_policy_configuration={
                # The target lifts it to the least that it allows at that hour.
                "adjustment_type": "ExactCapacity",
                "step_adjustments": [{"metric_interval_upper_bound": "0", "scaling_adjustment": 1}],
                "cooldown": 300,
                "metric_aggregation_type": "Maximum",
            },
            opts=self._child,
        )
        aws.cloudwatch.MetricAlarm(
            f"{name}-idle-action",
            dimensions={"EndpointName": self._args.endpoint_name, "VariantName": VARIANT},
            alarm_actions=[policy.arn],
            tags=self._tags,
            opts=self._child,
            **idle_condition(idle_days),
        )
