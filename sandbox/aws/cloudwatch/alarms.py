"""Alarms on the wire, and the loop that evaluates them."""

import functools
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from sandbox.aws import tempo
from sandbox.aws.cloudwatch import percentiles
from sandbox.aws.cloudwatch.evaluation import Verdict, evaluate
from sandbox.aws.cloudwatch.expressions import ExpressionError, holds, names_in
from sandbox.aws.cloudwatch.readings import Readings, utc
from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.paging import page

log = logging.getLogger(__name__)
_MOST_HISTORY = 5000
_KEPT = timedelta(days=15)


@dataclass(frozen=True, kw_only=True)
class HistoryItem:
    """One line of DescribeAlarmHistory."""

    account: str
    region: str
    alarm: str
    alarm_type: str
    kind: str
    summary: str
    data: dict[str, Any]
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))


class Alarms:
    """The operations on alarms, and their evaluation."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.RLock()

    @property
    def _history(self) -> list[HistoryItem]:
        items: list[HistoryItem] = self._context.table("cloudwatch-history").setdefault("items", [])
        return items

    @staticmethod
    def _backend(call: Call) -> CloudWatchBackend:
        return cloudwatch_backends[call.account][call.region]

    def put(self, call: Call) -> Any:
        """A new alarm knows nothing yet; a changed one keeps its state and history."""
        if call.operation == "PutCompositeAlarm":
            self._check_rule(call)
        with self._lock:
            backend = self._backend(call)
            before = backend.alarms.get(call.params["AlarmName"])
            if before is not None:
                # Tags are taken at creation only; later ones go through TagResource.
                call.response.params.pop("Tags", None)
            answer = call.response.put_metric_alarm()  # type: ignore[attr-defined]
            alarm = backend.alarms[call.params["AlarmName"]]
            if before is None:
                alarm.state_value = "INSUFFICIENT_DATA"
            else:
                alarm.history = before.history
                alarm.state_value = before.state_value
                alarm.state_reason = before.state_reason
                alarm.state_reason_data = before.state_reason_data
                alarm.state_updated_timestamp = before.state_updated_timestamp
            verb = "created" if before is None else "updated"
            self._record(backend, alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {verb}', {})
        return answer

    def _check_rule(self, call: Call) -> None:
        rule = call.params["AlarmRule"]
        alarms = self._backend(call).alarms
        try:
            holds(rule, {})
        except ExpressionError as error:
            raise Refusal("ValidationError", str(error)) from None
        for name in names_in(rule):
            if name not in alarms:
                raise Refusal("ValidationError", f"AlarmRule names alarm {name}; it is unknown")

    def delete(self, call: Call) -> None:
        """All or none; their tags go with them."""
        backend, names = self._backend(call), call.params["AlarmNames"]
        if missing := [name for name in names if name not in backend.alarms]:
            raise Refusal("ResourceNotFound", f"Unknown alarms: {', '.join(missing)}")
        for name in names:
            backend.tagger.delete_all_tags_for_resource(backend.alarms[name].alarm_arn)
        backend.delete_alarms(names)

    def set_state(self, call: Call) -> Any:
        """Also carries out the actions of the new state, as the cloud does."""
        backend = self._backend(call)
        alarm = backend.alarms.get(call.params["AlarmName"])
        if alarm is None:
            raise Refusal("ResourceNotFound", "Unknown alarm")
        before = alarm.state_value
        answer = call.original()
        if alarm.state_value != before:
            self._changed(backend, alarm, before)
        return answer

    def history(self, call: Call) -> dict[str, object]:
        params = call.params
        found = [
            item
            for item in self._history
            if (item.account, item.region) == (call.account, call.region)
            and params.get("AlarmName") in (None, item.alarm)
            and params.get("HistoryItemType") in (None, item.kind)
            and (not params.get("AlarmTypes") or item.alarm_type in params["AlarmTypes"])
        ]
        if params.get("ScanBy") != "TimestampAscending":
            found.reverse()
        sized = {"NextToken": params.get("NextToken"), "MaxResults": params.get("MaxRecords")}
        listed, token = page(found, sized, limit=100)
        return {
            "AlarmHistoryItems": [
                {
                    "AlarmName": item.alarm,
                    "AlarmType": item.alarm_type,
                    "Timestamp": item.moment,
                    "HistoryItemType": item.kind,
                    "HistorySummary": item.summary,
                    "HistoryData": json.dumps(item.data, default=str),
                }
                for item in listed
            ],
            "NextToken": token,
        }

    def evaluate_all(self) -> None:
        """One look at every alarm there is; composite alarms come after those they name."""
        now = datetime.now(UTC)
        for backend in _backends():
            with self._lock:
                alarms = list(backend.alarms.values())
                if not alarms:
                    continue
                readings = Readings(backend, now)
                for alarm in alarms:
                    if alarm.rule is None:
                        self._apply(backend, alarm, evaluate(alarm, readings))
                states = {alarm.name: alarm.state_value for alarm in alarms}
                for alarm in alarms:
                    if alarm.rule is not None:
                        state = "ALARM" if holds(alarm.rule, states) else "OK"
                        reason = f"AlarmRule {alarm.rule} was evaluated to {state == 'ALARM'}"
                        verdict = Verdict(state=state, reason=reason, data="{}")
                        self._apply(backend, alarm, verdict)

    def forget_old_metrics(self) -> None:
        """Metrics of short periods are kept 15 days in the cloud, and no longer here."""
        oldest = datetime.now(UTC) - _KEPT
        for backend in _backends():
            backend.metric_data[:] = [
                datum for datum in backend.metric_data if utc(datum.timestamp) > oldest
            ]

    def _apply(self, backend: CloudWatchBackend, alarm: Alarm, verdict: Verdict | None) -> None:
        if verdict is None or verdict.state == alarm.state_value:
            return
        if backend.alarms.get(alarm.name) is not alarm:
            return
        before = alarm.state_value
        alarm.update_state(verdict.reason, verdict.data, verdict.state)
        self._changed(backend, alarm, before)

    def _changed(self, backend: CloudWatchBackend, alarm: Alarm, before: str) -> None:
        self._record(
            backend,
            alarm,
            "StateUpdate",
            f"Alarm updated from {before} to {alarm.state_value}",
            {
                "oldState": {"stateValue": before},
                "newState": {
                    "stateValue": alarm.state_value,
                    "stateReason": alarm.state_reason,
                    "stateReasonData": json.loads(alarm.state_reason_data or "{}"),
                },
            },
        )
        self._context.changed("cloudwatch")
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        }[alarm.state_value]
        if alarm.actions_enabled and actions:
            # Published from another thread: a request that set the state must not wait for it.
            message = _notification(backend, alarm, before)
            arguments = (backend, alarm, list(actions), message)
            threading.Thread(target=self._act, args=arguments, daemon=True).start()

    def _act(
        self,
        backend: CloudWatchBackend,
        alarm: Alarm,
        actions: list[str],
        message: dict[str, Any],
    ) -> None:
        state = message["NewStateValue"]
        for arn in actions:
            if ":scalingPolicy:" in arn:
                # Auto-scaling looks for alarms that ring by itself.
                summary = f"Successfully executed action {arn}"
            elif ":sns:" not in arn:
                summary = f"Action {arn} is recorded only"
            else:
                try:
                    self._context.client("sns", backend.region_name).publish(
                        TopicArn=arn,
                        Subject=f'{state}: "{alarm.name}"'[:100],
                        Message=json.dumps(message),
                    )
                    summary = f"Successfully executed action {arn}"
                except (ClientError, BotoCoreError) as error:
                    summary = f"Failed to execute action {arn}: {error}"
                    log.warning("alarm %s: %s", alarm.name, summary)
            with self._lock:
                self._record(backend, alarm, "Action", summary, {"actionState": state})
        self._context.changed("cloudwatch")

    def _record(
        self,
        backend: CloudWatchBackend,
        alarm: Alarm,
        kind: str,
        summary: str,
        data: dict[str, Any],
    ) -> None:
        self._history.append(
            HistoryItem(
                account=backend.account_id,
                region=backend.region_name,
                alarm=alarm.name,
                alarm_type="MetricAlarm" if alarm.rule is None else "CompositeAlarm",
                kind=kind,
                summary=summary,
                data={"version": "1.0", "type": kind, **data},
            )
        )
        del self._history[:-_MOST_HISTORY]


def _backends() -> Iterator[CloudWatchBackend]:
    for _, _, backend in list(cloudwatch_backends.iter_backends()):
        if isinstance(backend, CloudWatchBackend):
            yield backend


def _notification(backend: CloudWatchBackend, alarm: Alarm, before: str) -> dict[str, Any]:
    """The body of an alarm's message to SNS."""
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": backend.account_id,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": backend.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    if alarm.rule is None:
        message["Trigger"] = {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "Statistic": alarm.statistic,
            "Dimensions": [{"name": d.name, "value": d.value} for d in alarm.dimensions],
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": alarm.threshold,
            "TreatMissingData": alarm.treat_missing_data or "missing",
        }
    return message


def install(context: Context) -> None:
    """Plug the operations and the loop in."""
    percentiles.install()
    alarms = Alarms(context)
    add = functools.partial(context.operation, "cloudwatch")
    add("PutMetricAlarm", alarms.put)
    add("PutCompositeAlarm", alarms.put)
    add("DeleteAlarms", alarms.delete)
    add("SetAlarmState", alarms.set_state)
    add("DescribeAlarmHistory", alarms.history)
    context.every(tempo.alarm_interval(), "alarms", alarms.evaluate_all)
    context.every(3600, "old-metrics", alarms.forget_old_metrics)
