"""Which state an alarm is in.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass

from moto.cloudwatch.models import Alarm, MetricDataQuery

from sandbox.aws.cloudwatch.expressions import ExpressionError, compute
from sandbox.aws.cloudwatch.readings import Reading, Readings, Series

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A state and why; `data` is StateReasonData."""

    state: str
    reason: str
    data: str


def evaluate(alarm: Alarm, readings: Readings) -> Verdict | None:
    """Judge a metric alarm; None keeps the state it has."""
    compare = COMPARISONS.get(alarm.comparison_operator)
    if compare is None:
        return None
    count = int(alarm.evaluation_periods)
    try:
        values = _values(alarm, readings, count)
    except ExpressionError as error:
        return Verdict(state="INSUFFICIENT_DATA", reason=f"Unchecked: {error}", data="{}")
    needed = int(alarm.datapoints_to_alarm or count)
    threshold = float(alarm.threshold)
    state = _state(
        [None if value is None else compare(value, threshold) for value in values],
        needed=needed,
        treatment=alarm.treat_missing_data or "missing",
    )
    return None if state is None else _verdict(state, alarm, values)


def _state(breaching: list[bool | None], *, needed: int, treatment: str) -> str | None:
    if treatment in ("breaching", "notBreaching"):
        filled = [treatment == "breaching" if each is None else each for each in breaching]
        return "ALARM" if sum(filled) >= needed else "OK"
    bad, missing = breaching.count(True), breaching.count(None)
    if bad >= needed:
        return "ALARM"
    if treatment == "ignore":
        return "OK" if bad + missing < needed else None
    if missing == len(breaching):
        return "INSUFFICIENT_DATA"
    # The little data there is decides: all of it breaching is an alarm.
    return "ALARM" if bad == len(breaching) - missing and bad + missing >= needed else "OK"


def _values(alarm: Alarm, readings: Readings, count: int) -> list[Reading]:
    if not alarm.metric_data_queries:
        return readings.values(
            Series.of(alarm.namespace, alarm.metric_name, alarm.dimensions),
            statistic=alarm.statistic or str(alarm.extended_statistic),
            period=int(alarm.period),
            count=count,
            unit=alarm.unit,
        )
    return _math(alarm.metric_data_queries, readings, count)


def _math(queries: list[MetricDataQuery], readings: Readings, count: int) -> list[Reading]:
    known: dict[str, list[Reading]] = {}
    for query in queries:
        if query.metric_stat is not None:
            metric = query.metric_stat.metric
            known[query.id] = readings.values(
                Series.of(metric.namespace, metric.metric_name, metric.dimensions),
                statistic=query.metric_stat.stat,
                period=int(query.metric_stat.period),
                count=count,
                unit=query.metric_stat.unit,
            )
    waiting = [query for query in queries if query.expression]
    # An expression may use another one, in whatever order they were given.
    for _ in range(len(waiting)):
        for query in waiting:
            if query.id in known or not query.expression:
                continue
            rows = [
                {name: series[place] for name, series in known.items()} for place in range(count)
            ]
            try:
                known[query.id] = [compute(query.expression, row) for row in rows]
            except ExpressionError:
                if len(known) == len(queries) - 1:
                    raise
    returned = [query.id for query in queries if str(query.return_data) != "False"]
    chosen = returned[-1] if returned else queries[-1].id
    if chosen not in known:
        raise ExpressionError(f"the expression {chosen} is not evaluated by the sandbox")
    return known[chosen]


def _verdict(state: str, alarm: Alarm, values: list[Reading]) -> Verdict:
    present = [value for value in values if value is not None]
    if state == "INSUFFICIENT_DATA":
        reason = f"Insufficient Data: {len(values)} datapoints were unknown."
    else:
        count = len(present) or "no"
        word = "greater" if alarm.comparison_operator.startswith("Greater") else "less"
        relation = f"{word} than{' or equal to' if 'OrEqual' in alarm.comparison_operator else ''}"
        crossed = "was" if state == "ALARM" else "was not"
        listed = ", ".join(str(value) for value in present[:5])
        reason = (
            f"Threshold Crossed: {count} datapoints [{listed}] {crossed} {relation} "
            f"the threshold ({alarm.threshold})."
        )
        if not present:
            treated = "breaching" if state == "ALARM" else "not breaching"
            reason = f"Threshold Crossed: no datapoints were received and they are [{treated}]."
    data = {
        "version": "1.0",
        "period": alarm.period,
        "recentDatapoints": present[::-1],
        "threshold": alarm.threshold,
    }
    return Verdict(state=state, reason=reason, data=json.dumps(data))
