"""Target tracking: how many instances keep a metric at its target.

The cloud watches two alarms: above the target for 3 minutes scales out, below 90 % of it for
15 minutes scales in. The same counts hold here, over periods whose length can be set.
https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import FakeApplicationAutoscalingPolicy, FakeScalableTarget
from moto.cloudwatch.models import Dimension, cloudwatch_backends

from sandbox.aws import tempo
from sandbox.aws.autoscaling.capacity import endpoint_and_variant
from sandbox.aws.cloudwatch.readings import Reading, Readings, Series

OUT_PERIODS, IN_PERIODS = 3, 15
IN_SHARE = 0.9
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
DEFAULT_COOLDOWN = 300


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The count a policy asks for, and why."""

    count: int
    cause: str


def wish(
    policy: FakeApplicationAutoscalingPolicy, target: FakeScalableTarget, current: int
) -> Wish | None:
    """What one policy wants; None when the metric gives no reason to change."""
    settings = policy.target_tracking_scaling_policy_configuration
    if policy.policy_type != "TargetTrackingScaling" or not settings:
        return None
    readings = _readings(settings, target, current)
    goal = float(settings["TargetValue"])
    if not readings or goal <= 0:
        return None
    recent = readings[:OUT_PERIODS]
    newest = recent[0]
    if newest is not None and all(value is not None and value > goal for value in recent):
        return Wish(
            count=math.ceil(current * newest / goal),
            cause=f"{policy.policy_name}: {newest:g} is above the target {goal:g}",
        )
    known = [value for value in readings if value is not None]
    # Without any data the cloud's alarm says INSUFFICIENT_DATA and nothing is scaled in.
    if settings.get("DisableScaleIn") or newest is None or len(known) < IN_PERIODS:
        return None
    if all(value < goal * IN_SHARE for value in known):
        return Wish(
            count=max(1, math.ceil(current * max(known) / goal)),
            cause=f"{policy.policy_name}: {newest:g} is below the target {goal:g}",
        )
    return None


def cooldown(policy: FakeApplicationAutoscalingPolicy, *, scale_out: bool) -> float:
    """Seconds to wait after a change; they shrink with the sandbox's minute."""
    settings = policy.target_tracking_scaling_policy_configuration or {}
    given = settings.get("ScaleOutCooldown" if scale_out else "ScaleInCooldown")
    return float(DEFAULT_COOLDOWN if given is None else given) * tempo.minute() / 60


def _readings(settings: dict[str, Any], target: FakeScalableTarget, current: int) -> list[Reading]:
    backend = target.applicationautoscaling_backend
    metrics = cloudwatch_backends[backend.account_id][backend.region_name]
    readings = Readings(metrics, datetime.now(UTC))
    custom = settings.get("CustomizedMetricSpecification") or {}
    if custom.get("MetricName"):
        series = Series.of(
            custom["Namespace"],
            custom["MetricName"],
            [Dimension(each["Name"], each["Value"]) for each in custom.get("Dimensions") or []],
        )
        return readings.values(
            series, statistic=custom["Statistic"], period=tempo.scaling_period(), count=IN_PERIODS
        )
    predefined = (settings.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    if predefined != INVOCATIONS:
        return []
    endpoint, variant = endpoint_and_variant(target)
    dimensions = [Dimension("EndpointName", endpoint), Dimension("VariantName", variant)]
    series = Series.of("AWS/SageMaker", "Invocations", dimensions)
    sums = readings.values(series, statistic="Sum", period=tempo.scaling_period(), count=IN_PERIODS)
    return [None if value is None else value / current for value in sums]
