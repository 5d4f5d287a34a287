"""Azure Monitor's metrics of what online endpoints are asked.

https://learn.microsoft.com/rest/api/monitor/metrics/list and, for the metrics,
https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-machinelearningservices-workspaces-onlineendpoints-metrics
"""

import re
from datetime import UTC, datetime
from typing import Final

from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError, bad_request
from sandbox.request_metrics import MINUTE, Minute, RequestMetrics, percentile
from sandbox.store import Record
from sandbox.wire import Request

_ENDPOINT: Final = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}/onlineEndpoints/{endpoint}"
)
_COUNT: Final = "RequestsPerMinute"
_LATENCY: Final = re.compile(r"RequestLatency_P(50|90|95|99)")
_CLASS: Final = re.compile(r"statusCodeClass eq '(\dxx)'", re.IGNORECASE)
_GRAINS: Final = {"PT1M": MINUTE, "PT5M": 5 * MINUTE, "PT15M": 15 * MINUTE, "PT1H": 60 * MINUTE}


class EndpointMetrics:
    """Answers for the metrics that come from requests; processors are not told."""

    def __init__(self, context: Context, metrics: RequestMetrics) -> None:
        self._context, self._metrics = context, metrics
        for namespace in ("microsoft.insights", "Microsoft.Insights"):
            context.route("GET", f"{_ENDPOINT}/providers/{namespace}/metrics", self._list)

    def _list(self, request: Request) -> Record:
        self._context.authenticate(request)
        scope = request.path.partition("/providers/microsoft.insights")[0]
        scope = scope.partition("/providers/Microsoft.Insights")[0]
        endpoint = self._context.resources.require(scope)
        start, end = _span(request.query.get("timespan", ""))
        grain = request.query.get("interval", "PT1M")
        if grain not in _GRAINS:
            raise _refused(f"The time grain {grain} is not one of {', '.join(_GRAINS)}.")
        only = _filtered(request.query.get("$filter", ""))
        found = self._metrics.periods(str(endpoint["id"]).lower(), start, end, _GRAINS[grain])
        names = request.query.get("metricnames", _COUNT).split(",")
        return {
            "cost": 0,
            "timespan": f"{_text(start)}/{_text(end)}",
            "interval": grain,
            "namespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
            "resourceregion": endpoint["location"],
            "value": [
                _metric(
                    str(endpoint["id"]),
                    name,
                    [
                        {"timeStamp": _text(moment), **_value(name, minute, only, _GRAINS[grain])}
                        for moment, minute in found.items()
                    ],
                )
                for name in names
            ],
        }


def _metric(scope: str, name: str, data: list[Record]) -> Record:
    return {
        "id": f"{scope}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "unit": "Count" if name == _COUNT else "Milliseconds",
        "timeseries": [{"metadatavalues": [], "data": data}] if data else [],
        "errorCode": "Success",
    }


def _value(name: str, minute: Minute, only: str, seconds: int) -> Record:
    """A period as ``average``, which both kinds of metric are asked by."""
    if name == _COUNT:
        count = minute.errors(only) if only else minute.requests
        return {"average": count / (seconds / MINUTE)}
    match = _LATENCY.fullmatch(name)
    if match is None:
        raise _refused(f"The sandbox has {_COUNT} and RequestLatency_P50 to _P99, not '{name}'.")
    return {"average": percentile(minute.latencies, float(match[1]))}


def _filtered(expression: str) -> str:
    """The class of status codes that a filter names; empty: all."""
    if not expression:
        return ""
    match = _CLASS.fullmatch(expression.strip())
    if match is None:
        raise _refused(
            f"The sandbox reads filters of the form statusCodeClass eq '5xx', not {expression!r}."
        )
    return match[1].lower()


def _span(text: str) -> tuple[float, float]:
    first, _, last = text.partition("/")
    try:
        return datetime.fromisoformat(first).timestamp(), datetime.fromisoformat(last).timestamp()
    except ValueError:
        raise _refused(f"'{text}' is no time span of the form start/end, two times.") from None


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refused(message: str) -> ApiError:
    return bad_request(message, "BadRequest")
