"""Azure's column, from Azure ML and Azure Monitor."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from tools.dashboard.overview import (
    ERRORS,
    LATENCY,
    PERIOD_SECONDS,
    REQUESTS,
    Alarm,
    Looking,
    Overview,
    Series,
    Window,
)

_INSIGHTS: Final = "providers/Microsoft.Insights"
_RULES: Final = {"metricAlerts": "2018-03-01", "scheduledQueryRules": "2023-12-01"}
_METRICS_VERSION: Final = "2023-10-01"
_MINUTES: Final = PERIOD_SECONDS // 60


def look(name: str, outputs: Mapping[str, Any], window: Window) -> Overview:
    """The column of the stack whose things in Azure are called ``name``."""
    from azure.core.exceptions import AzureError
    from requests import RequestException

    from components.azure.runs.cloud import call
    from components.azure.runs.errors import ApiError

    looking = Looking((ApiError, AzureError, RequestException))
    group = f"/subscriptions/{outputs['subscription']}/resourceGroups/{outputs['resource_group']}"
    alarms = looking.at("alert rules", lambda: _alarms(call, group, name), [])
    if "endpoint" not in outputs:
        container = outputs.get("container") or {}
        state = str(container.get("state") or "unknown")
        return Overview(state=state, alarms=alarms, troubles=looking.troubles)
    endpoint = outputs["endpoint"]["id"]
    state = looking.at("endpoint", lambda: _state(call("GET", endpoint)), "unknown")
    series = looking.at("metrics", lambda: _series(call, endpoint, window), [])
    return Overview(state=state, alarms=alarms, series=series, troubles=looking.troubles)


def _alarms(call: Any, group: str, name: str) -> list[Alarm]:
    return [
        Alarm(rule["name"], rule["properties"].get("description", ""), _armed(rule))
        for kind, version in _RULES.items()
        for rule in call("GET", f"{group}/{_INSIGHTS}/{kind}", query={"api-version": version}).get(
            "value", []
        )
        if rule["name"].startswith(f"{name}-")
    ]


def _armed(rule: Mapping[str, Any]) -> str:
    return "armed" if rule["properties"].get("enabled", True) else "off"


def _state(endpoint: Mapping[str, Any]) -> str:
    properties = endpoint["properties"]
    traffic = [name for name, share in (properties.get("traffic") or {}).items() if share]
    return f"{properties['provisioningState']}, traffic to {', '.join(traffic) or 'nothing'}"


def _series(call: Any, endpoint: str, window: Window) -> list[Series]:
    def points(metric: str, only: str = "") -> dict[float, float]:
        query = {
            "api-version": _METRICS_VERSION,
            "metricnames": metric,
            "timespan": f"{_text(window.start)}/{_text(window.end)}",
            "interval": f"PT{_MINUTES}M",
            "aggregation": "average",
        }
        if only:
            query["$filter"] = only
        found: dict[float, float] = {}
        answer = call("GET", f"{endpoint}/{_INSIGHTS}/metrics", query=query)
        for series in answer["value"][0]["timeseries"]:
            for point in series["data"]:
                if point.get("average") is not None:
                    moment = dt.datetime.fromisoformat(point["timeStamp"]).timestamp()
                    found[moment] = found.get(moment, 0) + float(point["average"])
        return found

    def counted(only: str = "") -> dict[float, float]:
        # The metric is a rate by the minute.
        return {
            moment: value * _MINUTES for moment, value in points("RequestsPerMinute", only).items()
        }

    client, server = counted("statusCodeClass eq '4xx'"), counted("statusCodeClass eq '5xx'")
    errors = {
        moment: client.get(moment, 0) + server.get(moment, 0) for moment in {*client, *server}
    }
    return [
        Series(REQUESTS, counted()),
        Series(ERRORS, errors),
        Series(LATENCY, points("RequestLatency_P99")),
    ]


def _text(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
