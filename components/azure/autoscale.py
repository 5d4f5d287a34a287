"""How the number of a deployment's instances follows the load."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.time_zones import windows_name
from components.off_hours import Reduction

# https://learn.microsoft.com/azure/machine-learning/how-to-autoscale-endpoints
_METRIC: Final = "CpuUtilizationPercentage"


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The bounds of the number of replicas and the load that each should carry."""

    min_replicas: int
    max_replicas: int
    target_cpu_percent: int
    off_hours: Reduction | None


def scale(
    name: str,
    scaling: Scaling,
    *,
    deployment_id: pulumi.Input[str],
    resource_group_name: pulumi.Input[str],
    region: str,
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> pulumi.Resource:
    """One more instance above the target for five minutes, one less below half of it for ten.

    Half, so that taking one away never lifts the others above the target. Where nobody asks, that
    takes the number to its minimum.
    """
    rules = [
        _rule(deployment_id, "GreaterThan", scaling.target_cpu_percent, "Increase", minutes=5),
        _rule(deployment_id, "LessThan", scaling.target_cpu_percent / 2, "Decrease", minutes=10),
    ]
    return azure.monitor.AutoscaleSetting(
        name,
        resource_group_name=resource_group_name,
        location=region,
        enabled=True,
        target_resource_uri=deployment_id,
        target_resource_location=region,
        profiles=_profiles(scaling, rules),
        tags=dict(tags),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _profiles(scaling: Scaling, rules: list[Any]) -> list[Any]:
    """The bounds by day, and in off-hours; a profile holds until the next one begins.

    https://learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-multiprofile
    """
    by_day = _profile("load", scaling.min_replicas, scaling.max_replicas, rules)
    profiles: list[Any] = [by_day]
    off_hours = scaling.off_hours
    if off_hours is None:
        return profiles
    for change in off_hours.hours.changes:
        least, most = off_hours.bounds(
            change, least=scaling.min_replicas, most=scaling.max_replicas
        )
        recurrence = {
            "frequency": azure.monitor.RecurrenceFrequency.WEEK,
            "schedule": {
                "time_zone": windows_name(off_hours.hours.timezone),
                "days": list(change.days),
                "hours": [change.hour],
                "minutes": [change.minute],
            },
        }
        profiles.append({**_profile(change.name, least, most, rules), "recurrence": recurrence})
    return profiles


def _profile(name: str, least: int, most: int, rules: list[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "capacity": {"minimum": str(least), "maximum": str(most), "default": str(least)},
        "rules": rules,
    }


def _rule(
    deployment_id: pulumi.Input[str],
    operator: str,
    threshold: float,
    direction: str,
    *,
    minutes: int,
) -> Any:
    return {
        "metric_trigger": {
            "metric_name": _METRIC,
            "metric_resource_uri": deployment_id,
            "operator": operator,
            "statistic": "Average",
            "threshold": threshold,
            "time_aggregation": "Average",
            "time_grain": "PT1M",
            "time_window": f"PT{minutes}M",
        },
        "scale_action": {
            "direction": direction,
            "type": "ChangeCount",
            "value": "1",
            "cooldown": f"PT{minutes}M",
        },
    }
