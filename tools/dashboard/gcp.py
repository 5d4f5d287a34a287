"""GCP's column, from Vertex AI and Cloud Monitoring."""

import datetime as dt
import os
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

_METRIC: Final = "aiplatform.googleapis.com/prediction/online"
_SECONDS: Final = 60


def look(name: str, outputs: Mapping[str, Any], window: Window) -> Overview:
    """The column of the stack whose things in GCP are called ``name``."""
    import google.auth
    import requests
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession

    looking = Looking((GoogleAuthError, requests.RequestException))
    # What the provider `gcp` reads as well; the first ends with the API's version.
    vertex = os.environ.get("GOOGLE_VERTEX_AI_CUSTOM_ENDPOINT", "").rstrip("/")
    vertex = vertex or f"https://{outputs['region']}-aiplatform.googleapis.com/v1"
    monitoring = os.environ.get("GOOGLE_MONITORING_CUSTOM_ENDPOINT", "").rstrip("/")
    monitoring = monitoring or "https://monitoring.googleapis.com"
    project = f"{monitoring}/v3/projects/{outputs['project']}"
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    signed_in = looking.at("sign-in", lambda: google.auth.default(scopes=scopes), None)
    if signed_in is None:
        return Overview(troubles=looking.troubles)
    session = AuthorizedSession(signed_in[0])  # type: ignore[no-untyped-call]

    def get(url: str, **query: str) -> Any:
        answer = session.get(url, params=query, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.json()

    endpoint = str(outputs["endpoint_name"])
    state = looking.at("endpoint", lambda: _state(get(f"{vertex}/{endpoint}")), "unknown")
    alarms = looking.at(
        "alert policies",
        lambda: [
            Alarm(item["displayName"], _about(item), "armed" if item.get("enabled") else "off")
            for item in get(f"{project}/alertPolicies").get("alertPolicies", [])
            if item["displayName"].startswith(f"{name}-")
        ],
        [],
    )
    number = endpoint.rpartition("/")[2]
    series = looking.at(
        "metrics",
        lambda: [
            Series(title, _points(get(f"{project}/timeSeries", **_query(metric, number, window))))
            for title, metric in (
                (REQUESTS, "prediction_count"),
                (ERRORS, "error_count"),
                (LATENCY, "prediction_latencies"),
            )
        ],
        [],
    )
    return Overview(state=state, alarms=alarms, series=series, troubles=looking.troubles)


def _state(endpoint: Mapping[str, Any]) -> str:
    traffic = endpoint.get("trafficSplit") or {}
    deployed = len(endpoint.get("deployedModels") or [])
    return f"{deployed} deployed, traffic to {len(traffic)}" if traffic else "serves nothing"


def _about(policy: Mapping[str, Any]) -> str:
    return "; ".join(str(one.get("displayName", "")) for one in policy.get("conditions", []))


def _query(metric: str, number: str, window: Window) -> dict[str, str]:
    latency = metric == "prediction_latencies"
    only = ' AND metric.labels.latency_type="total"' if latency else ""
    return {
        "filter": f'metric.type="{_METRIC}/{metric}" AND resource.labels.endpoint_id="{number}"'
        + only,
        "interval.startTime": _text(window.start),
        "interval.endTime": _text(window.end),
        "aggregation.alignmentPeriod": f"{PERIOD_SECONDS}s",
        "aggregation.perSeriesAligner": "ALIGN_DELTA",
        "aggregation.crossSeriesReducer": "REDUCE_PERCENTILE_99" if latency else "REDUCE_SUM",
    }


def _points(answer: Mapping[str, Any]) -> dict[float, float]:
    """Of the one series that is left after the reduction, by the start of each period."""
    found: dict[float, float] = {}
    for series in answer.get("timeSeries", []):
        for point in series["points"]:
            value = point["value"]
            end = dt.datetime.fromisoformat(point["interval"]["endTime"]).timestamp()
            found[end - PERIOD_SECONDS] = float(value.get("int64Value", value.get("doubleValue")))
    return found


def _text(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
