"""``aws:cloudwatch/metricAlarm:MetricAlarm``."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from plugin import CheckFailure
from plugin.handler import Properties
from sandbox.aws.plugin.alarm_resource import ACTIONS, AlarmResource
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.tagging import pairs
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import between, conflicting, each, longest, one_of

_HOUR: Final = 3600
_DAY: Final = 86_400


def _period_fault(value: Any) -> str | None:
    if value in (10, 20, 30) or (isinstance(value, int) and value > 0 and value % 60 == 0):
        return None
    return f"{value} is not 10, 20, 30 or a multiple of 60 seconds"


def _span(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    periods, period = inputs.get("evaluationPeriods"), inputs.get("period")
    if isinstance(periods, int) and isinstance(period, int):
        longest_span = 7 * _DAY if period >= _HOUR else _DAY
        if periods * period > longest_span:
            reason = (
                f"{periods} periods of {period} s are longer than the {longest_span} s over which "
                "such an alarm can look back"
            )
            yield CheckFailure(property="evaluationPeriods", reason=reason)


class MetricAlarm(AlarmResource):
    """An alarm on a metric or an expression over metrics."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    auto_name = AutoName("name", 255)
    alarm_type = "MetricAlarm"
    names = {"name": "AlarmName"}
    create_operation = "PutMetricAlarm"
    immutable = frozenset({"name", "region"})
    mutable = ACTIONS | {
        "actionsEnabled",
        "alarmDescription",
        "comparisonOperator",
        "datapointsToAlarm",
        "dimensions",
        "evaluateLowSampleCountPercentiles",
        "evaluationPeriods",
        "extendedStatistic",
        "metricName",
        "metricQueries",
        "namespace",
        "period",
        "statistic",
        "tags",
        "threshold",
        "thresholdMetricId",
        "treatMissingData",
        "unit",
    }
    defaults = {"actionsEnabled": True, "treatMissingData": "missing"}
    sets = ACTIONS | {"metricQueries"}
    unknown_until_created = frozenset({"evaluateLowSampleCountPercentiles"})
    rules = (
        longest("name", 255),
        longest("alarmDescription", 1024),
        enumerated("comparisonOperator", "cloudwatch", "ComparisonOperator"),
        enumerated("statistic", "cloudwatch", "Statistic"),
        one_of("treatMissingData", {"breaching", "notBreaching", "ignore", "missing"}),
        between("evaluationPeriods", 1, 10_000),
        between("datapointsToAlarm", 1, 10_000),
        each("period", _period_fault),
        each("metricQueries[].metric.period", _period_fault),
        conflicting("statistic", "extendedStatistic", "metricQueries"),
        conflicting("metricName", "metricQueries"),
        _span,
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        queries = inputs.get("metricQueries")
        others = {name: value for name, value in inputs.items() if name != "metricQueries"}
        parameters = super().request(others)
        if isinstance(queries, list):
            parameters["Metrics"] = [_query(item) for item in queries]
        return parameters

    def more(self, cloud: Cloud, resource_id: str, found: dict[str, Any]) -> dict[str, Any]:
        return {
            "treatMissingData": found.get("TreatMissingData") or "missing",
            "metricQueries": [_told(item) for item in found.get("Metrics") or ()],
        }


def _query(given: Mapping[str, Any]) -> dict[str, Any]:
    result = {
        "Id": given.get("id"),
        "AccountId": given.get("accountId"),
        "Expression": given.get("expression"),
        "Label": given.get("label"),
        "Period": given.get("period"),
        "ReturnData": bool(given.get("returnData", False)),
    }
    metric = given.get("metric")
    if metric:
        dimensions = metric.get("dimensions") or {}
        inner = {
            "Namespace": metric.get("namespace"),
            "MetricName": metric.get("metricName"),
            "Dimensions": pairs(dimensions, "Name") if isinstance(dimensions, Mapping) else None,
        }
        stat = {
            "Metric": _given(inner),
            "Period": metric.get("period"),
            "Stat": metric.get("stat"),
            "Unit": metric.get("unit"),
        }
        result["MetricStat"] = _given(stat)
    return _given(result)


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    result = {
        "id": found.get("Id"),
        "accountId": found.get("AccountId"),
        "expression": found.get("Expression"),
        "label": found.get("Label"),
        "period": found.get("Period"),
        "returnData": found.get("ReturnData"),
    }
    stat = found.get("MetricStat")
    if stat:
        dimensions = stat["Metric"].get("Dimensions") or ()
        metric = {
            "dimensions": {item["Name"]: item["Value"] for item in dimensions},
            "metricName": stat["Metric"].get("MetricName"),
            "namespace": stat["Metric"].get("Namespace"),
            "period": stat.get("Period"),
            "stat": stat.get("Stat"),
            "unit": stat.get("Unit"),
        }
        result["metric"] = _given(metric)
    return _given(result)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, {}, "")}
