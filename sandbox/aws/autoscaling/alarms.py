"""The two alarms the cloud keeps for a target tracking policy.

They show the state of the metric; the scaling itself is decided in `tracking`.
"""

import uuid
from typing import Any

from moto.applicationautoscaling.models import FakeApplicationAutoscalingPolicy, FakeScalableTarget
from moto.cloudwatch.models import cloudwatch_backends

from sandbox.aws.autoscaling.capacity import endpoint_and_variant
from sandbox.aws.autoscaling.targets import VARIANT_COUNT
from sandbox.aws.autoscaling.tracking import IN_PERIODS, IN_SHARE, INVOCATIONS, OUT_PERIODS


def create(policy: FakeApplicationAutoscalingPolicy, target: FakeScalableTarget) -> None:
    """Make the alarms of a policy."""
    settings: dict[str, Any] = policy.target_tracking_scaling_policy_configuration or {}
    predefined = (settings.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    if target.scalable_dimension != VARIANT_COUNT or predefined != INVOCATIONS:
        return
    endpoint, variant = endpoint_and_variant(target)
    goal = float(settings["TargetValue"])
    backend = cloudwatch_backends[policy.account_id][policy.region_name]
    sides = [("High", "GreaterThanThreshold", goal, OUT_PERIODS)]
    if not settings.get("DisableScaleIn"):
        sides.append(("Low", "LessThanThreshold", goal * IN_SHARE, IN_PERIODS))
    policy.alarms = []
    for side, comparison, threshold, periods in sides:
        alarm = backend.put_metric_alarm(
            name=f"TargetTracking-{policy.resource_id}-Alarm{side}-{uuid.uuid4()}",
            namespace="AWS/SageMaker",
            metric_name="InvocationsPerInstance",
            dimensions=[
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            statistic="Sum",
            period=60,
            evaluation_periods=periods,
            comparison_operator=comparison,
            threshold=threshold,
            description=(
                f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.policy_arn}."
            ),
            alarm_actions=[policy.policy_arn],
        )
        alarm.state_value = "INSUFFICIENT_DATA"
        policy.alarms.append(alarm)


def delete(policy: FakeApplicationAutoscalingPolicy) -> None:
    """Remove the alarms of a policy."""
    backend = cloudwatch_backends[policy.account_id][policy.region_name]
    backend.delete_alarms([alarm.name for alarm in policy.alarms])
