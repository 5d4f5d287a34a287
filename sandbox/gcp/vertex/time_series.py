"""Cloud Monitoring's time series of what endpoints are asked.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list and, for the
metrics, https://cloud.google.com/monitoring/api/metrics_gcp_a_b#gcp-aiplatform
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.gcp.context import Context
from sandbox.gcp.errors import invalid
from sandbox.gcp.vertex.resources import Resources
from sandbox.request_metrics import MINUTE, Minute, RequestMetrics, percentile
from sandbox.router import Request
from sandbox.store import Record

_PREFIX: Final = "aiplatform.googleapis.com/prediction/online/"
_RESOURCE: Final = "aiplatform.googleapis.com/Endpoint"
_TERM: Final = re.compile(r'\s*([\w.]+)\s*=\s*"([^"]*)"\s*')
_COUNTS: Final = frozenset({"ALIGN_DELTA", "ALIGN_SUM"})
_PERCENTILES: Final = {"50": 50.0, "95": 95.0, "99": 99.0}


class TimeSeries(Resources):
    """Answers for the metrics that come from requests; processors and replicas are not told."""

    def __init__(self, context: Context, metrics: RequestMetrics) -> None:
        super().__init__(context, "endpoints")
        self._metrics = metrics
        context.route("GET", "/v3/projects/{project}/timeSeries", self._list)

    def _list(self, request: Request) -> Record:
        terms = _terms(request.query.get("filter", ""))
        metric = terms.pop("metric.type", "").removeprefix(_PREFIX)
        if metric not in ("prediction_count", "error_count", "prediction_latencies"):
            raise invalid(
                "The sandbox has the metrics prediction_count, error_count and "
                f"prediction_latencies of {_PREFIX}; the filter names none of them."
            )
        endpoint = terms.pop("resource.label.endpoint_id", "")
        start, end = _moment(request, "interval.startTime"), _moment(request, "interval.endTime")
        period = _seconds(request.query.get("aggregation.alignmentPeriod", f"{MINUTE}s"))
        value = _value_of(metric, request.query, period)
        number = self.context.number(request.variables["project"])
        series = []
        for name, _ in self.store.find(self.collection, f"projects/{number}/locations/"):
            _, _, _, location, _, identifier = name.split("/")
            if endpoint and identifier != endpoint:
                continue
            points = [
                {
                    "interval": {"startTime": _text(moment), "endTime": _text(moment + period)},
                    "value": value(minute),
                }
                for moment, minute in self._metrics.periods(name, start, end, period).items()
            ]
            if points:
                labels = {
                    "resource_container": number,
                    "location": location,
                    "endpoint_id": identifier,
                }
                series.append(_series(metric, labels, points[::-1]))
        return {"timeSeries": series} if series else {}


def _series(metric: str, labels: Record, points: list[Record]) -> Record:
    """One endpoint's, the newest point first."""
    return {
        "metric": {"type": f"{_PREFIX}{metric}", "labels": {}},
        "resource": {"type": _RESOURCE, "labels": labels},
        "metricKind": "DELTA",
        "valueType": "INT64" if "int64Value" in points[0]["value"] else "DOUBLE",
        "points": points,
    }


def _terms(expression: str) -> dict[str, str]:
    """The terms of a filter that joins ``name="value"`` by ``AND``."""
    found = {}
    for term in re.split(r"\s+AND\s+", expression.strip()) if expression.strip() else ():
        match = _TERM.fullmatch(term)
        name = match[1].replace(".labels.", ".label.") if match else ""
        known = ("metric.type", "resource.type", "resource.label.endpoint_id")
        if match is None or name not in (*known, "metric.label.latency_type"):
            raise invalid(f"The sandbox does not read this part of a filter: {term!r}.")
        found[name] = match[2]
    return found


def _value_of(metric: str, query: dict[str, str], period: int) -> Any:
    """What becomes of a period's requests, by aligner and reducer."""
    aligner = query.get("aggregation.perSeriesAligner", "ALIGN_NONE")
    reducer = query.get("aggregation.crossSeriesReducer", "REDUCE_NONE")
    if metric == "prediction_latencies":
        given = reducer if aligner == "ALIGN_DELTA" else aligner
        percent = _PERCENTILES.get(given.rpartition("_PERCENTILE_")[2])
        if percent is not None:
            wanted = percent
            return lambda minute: {"doubleValue": percentile(minute.latencies, wanted)}
    elif reducer in ("REDUCE_NONE", "REDUCE_SUM"):

        def count(minute: Minute) -> int:
            return minute.requests if metric == "prediction_count" else minute.errors("4xx", "5xx")

        if aligner in _COUNTS:
            return lambda minute: {"int64Value": str(count(minute))}
        if aligner == "ALIGN_RATE":
            return lambda minute: {"doubleValue": count(minute) / period}
    raise invalid(f"The sandbox does not align {metric} by {aligner} with {reducer}.")


def _moment(request: Request, name: str) -> float:
    try:
        return datetime.fromisoformat(request.query[name]).timestamp()
    except (KeyError, ValueError):
        raise invalid(f"{name} must be a time such as 2026-01-31T12:00:00Z.") from None


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)s", text)
    if match is None or int(match[1]) < MINUTE or int(match[1]) % MINUTE:
        raise invalid("aggregation.alignmentPeriod must be a multiple of 60s.")
    return int(match[1])


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
