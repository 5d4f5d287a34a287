"""Charts of metrics, as the portal's dashboards describe them.

https://learn.microsoft.com/azure/azure-portal/azure-portal-dashboards-structure
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

_CHART: Final = "Extension/HubsExtension/PartType/MonitorChartPart"
_COLUMNS: Final = 2
_WIDTH: Final = 6
_HEIGHT: Final = 4
_AVERAGE: Final = 4
_DAY_MS: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class Chart:
    """One metric of one resource."""

    title: str
    resource_id: pulumi.Output[str]
    metric: str


def dashboard_properties(charts: Sequence[Chart]) -> Any:
    """A dashboard of ``charts``, two in a row, over the last day."""
    return {
        "lenses": [
            {
                "order": 0,
                "parts": [
                    {
                        "position": {
                            "x": index % _COLUMNS * _WIDTH,
                            "y": index // _COLUMNS * _HEIGHT,
                            "col_span": _WIDTH,
                            "row_span": _HEIGHT,
                        },
                        "metadata": {
                            "type": _CHART,
                            "inputs": [
                                {"name": "options", "value": {"chart": _chart(chart)}},
                                {"name": "sharedTimeRange", "isOptional": True},
                            ],
                            "settings": {},
                        },
                    }
                    for index, chart in enumerate(charts)
                ],
            }
        ]
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "title": chart.title,
        "metrics": [
            {
                "resourceMetadata": {"id": chart.resource_id},
                "name": chart.metric,
                "aggregationType": _AVERAGE,
                "metricVisualization": {"displayName": chart.title},
            }
        ],
        "timespan": {"relative": {"duration": _DAY_MS}},
    }
