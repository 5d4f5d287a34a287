"""Step scaling: what an alarm in state ALARM makes of the number of instances.

The alarm names the policy among its actions; the cloud carries them out as long as the state
lasts. Without a value of the metric the breach counts as 0.
https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

import math
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import FakeApplicationAutoscalingPolicy
from moto.cloudwatch.models import Alarm, cloudwatch_backends

from sandbox.aws import tempo
from sandbox.aws.autoscaling.tracking import DEFAULT_COOLDOWN, Wish
from sandbox.aws.cloudwatch.readings import Readings, Series


def wish(policy: FakeApplicationAutoscalingPolicy, current: int) -> Wish | None:
    """What the policy wants; None while no alarm of its own rings."""
    settings: dict[str, Any] = policy.step_scaling_policy_configuration or {}
    backend = cloudwatch_backends[policy.account_id][policy.region_name]
    for alarm in list(backend.alarms.values()):
        rings = alarm.state_value == "ALARM" and alarm.actions_enabled
        if not rings or policy.policy_arn not in alarm.alarm_actions:
            continue
        breach = _breach(alarm, Readings(backend, datetime.now(UTC)))
        for step in settings.get("StepAdjustments") or ():
            if _holds(step, breach):
                count = _adjusted(settings, int(step["ScalingAdjustment"]), current)
                return Wish(count=count, cause=f"monitor alarm {alarm.name} in state ALARM")
    return None


def cooldown(policy: FakeApplicationAutoscalingPolicy) -> float:
    """Seconds to wait after a change; they shrink with the sandbox's minute."""
    settings: dict[str, Any] = policy.step_scaling_policy_configuration or {}
    return float(settings.get("Cooldown", DEFAULT_COOLDOWN)) * tempo.minute() / 60


def _breach(alarm: Alarm, readings: Readings) -> float:
    if not alarm.metric_name:
        return 0.0
    newest, *_ = readings.values(
        Series.of(alarm.namespace, alarm.metric_name, alarm.dimensions),
        statistic=alarm.statistic or str(alarm.extended_statistic),
        period=int(alarm.period),
        count=1,
        unit=alarm.unit,
    )
    return 0.0 if newest is None else newest - float(alarm.threshold)


def _holds(step: dict[str, Any], breach: float) -> bool:
    """Bounds at the threshold's side belong to the step, the far ones do not."""
    low = float(step.get("MetricIntervalLowerBound", -math.inf))
    high = float(step.get("MetricIntervalUpperBound", math.inf))
    return low < breach <= high if high <= 0 else low <= breach < high


def _adjusted(settings: dict[str, Any], adjustment: int, current: int) -> int:
    match settings.get("AdjustmentType"):
        case "ExactCapacity":
            return adjustment
        case "PercentChangeInCapacity":
            change = current * adjustment / 100
            least = int(settings.get("MinAdjustmentMagnitude", 1))
            return current + int(math.copysign(max(abs(change), least), change))
        case _:
            return current + adjustment
