"""How the number of a deployment's instances follows the load."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

# https://learn.microsoft.com/azure/machine-learning/how-to-autoscale-endpoints
_METRIC: Final = "CpuUtilizationPercentage"


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The bounds of the number of replicas and the load that each should carry."""

    min_replicas: int
    max_replicas: int
    target_cpu_percent: int


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

    Half, so that taking one away never lifts the others above the target.
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
        profiles=[
            {
                "name": "load",
                "capacity": {
                    "minimum": str(scaling.min_replicas),
                    "maximum": str(scaling.max_replicas),
                    "default": str(scaling.min_replicas),
                },
                "rules": rules,
            }
        ],
        tags=dict(tags),
        opts=pulumi.ResourceOptions(parent=parent),
    )


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
