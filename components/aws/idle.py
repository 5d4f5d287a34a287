"""When an endpoint counts as idle."""

from typing import Any, Final

_DAY: Final = 24 * 60 * 60


def idle_condition(days: int) -> dict[str, Any]:
    """Of an alarm: no request for so many days, 7 at most."""
    return {
        "alarm_description": f"No request for {days} days: consider deleting the endpoint.",
        "namespace": "AWS/SageMaker",
        "metric_name": "Invocations",
        "statistic": "Sum",
        "period": _DAY,
        "evaluation_periods": days,
        "comparison_operator": "LessThanThreshold",
        "threshold": 1,
        # An endpoint that nobody calls writes no data at all.
        "treat_missing_data": "breaching",
    }
