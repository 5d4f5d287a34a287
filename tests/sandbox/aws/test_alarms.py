"""Alarms are evaluated over the metrics, remember it, and tell their topic."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.running import RunningSandbox, eventually


class Watched:
    """A metric with a dimension of the test's own."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.cloudwatch = sandbox.client("cloudwatch")
        self.name = f"e{uuid.uuid4().hex[:10]}"
        self.dimensions = [{"Name": "EndpointName", "Value": self.name}]

    def alarm(self, suffix: str, **more: Any) -> str:
        settings: dict[str, Any] = {
            "AlarmName": f"{self.name}-{suffix}",
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocations",
            "Dimensions": self.dimensions,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "LessThanThreshold",
        }
        self.cloudwatch.put_metric_alarm(**{**settings, **more})
        return f"{self.name}-{suffix}"

    def put(self, value: float, metric: str = "Invocations") -> None:
        data = {"MetricName": metric, "Dimensions": self.dimensions, "Value": value}
        self.cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[data])

    def state(self, name: str) -> str:
        found = self.cloudwatch.describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        state: str = (found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"]
        return state

    def becomes(self, name: str, state: str) -> None:
        eventually(lambda: self.state(name) == state, timeout=10)


@pytest.fixture
def watched(sandbox: RunningSandbox) -> Watched:
    return Watched(sandbox)


def test_silence_is_judged_as_the_alarm_says(watched: Watched) -> None:
    idle = watched.alarm("idle", TreatMissingData="breaching")
    calm = watched.alarm("calm", TreatMissingData="notBreaching")
    unknown = watched.alarm("unknown")
    assert watched.state(unknown) == "INSUFFICIENT_DATA"
    watched.becomes(idle, "ALARM")
    watched.becomes(calm, "OK")
    watched.put(5)
    watched.becomes(idle, "OK")
    watched.becomes(unknown, "OK")


def test_percentiles_are_told_with_the_other_statistics(watched: Watched) -> None:
    for value in range(1, 101):
        watched.put(value, "ModelLatency")
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "Dimensions": watched.dimensions,
    }
    now = datetime.now(UTC)
    answer = watched.cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": key, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": name}}
            for key, name in (("tail", "p99"), ("sum", "Sum"))
        ],
        StartTime=now - timedelta(minutes=30),
        EndTime=now + timedelta(minutes=10),
    )
    told = {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}
    assert told == {"tail": [pytest.approx(99.01)], "sum": [5050]}


def test_a_percentile_and_metric_math_are_computed(watched: Watched) -> None:
    watched.cloudwatch.put_metric_alarm(
        AlarmName=f"{watched.name}-p99",
        Namespace="AWS/SageMaker",
        MetricName="ModelLatency",
        Dimensions=watched.dimensions,
        ExtendedStatistic="p99",
        Period=60,
        EvaluationPeriods=1,
        Threshold=100,
        ComparisonOperator="GreaterThanThreshold",
    )

    def part(identifier: str, metric: str) -> dict[str, Any]:
        described = {
            "Namespace": "AWS/SageMaker",
            "MetricName": metric,
            "Dimensions": watched.dimensions,
        }
        stat = {"Metric": described, "Period": 60, "Stat": "Sum"}
        return {"Id": identifier, "MetricStat": stat, "ReturnData": False}

    watched.cloudwatch.put_metric_alarm(
        AlarmName=f"{watched.name}-rate",
        EvaluationPeriods=1,
        Threshold=50,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[
            part("errors", "Invocation5XXErrors"),
            part("all", "Invocations"),
            {"Id": "rate", "Expression": "IF(all > 0, 100 * FILL(errors, 0) / all, 0)"},
        ],
    )
    watched.put(4)
    watched.becomes(f"{watched.name}-rate", "OK")
    watched.put(3, "Invocation5XXErrors")
    watched.put(500, "ModelLatency")
    watched.becomes(f"{watched.name}-rate", "ALARM")
    watched.becomes(f"{watched.name}-p99", "ALARM")


def test_other_dimensions_do_not_count(sandbox: RunningSandbox, watched: Watched) -> None:
    Watched(sandbox).put(9)
    more = {"Name": "VariantName", "Value": "v"}
    watched.cloudwatch.put_metric_data(
        Namespace="AWS/SageMaker",
        MetricData=[
            {"MetricName": "Invocations", "Dimensions": [*watched.dimensions, more], "Value": 9}
        ],
    )
    # Data first: the alarm must not have been judged before there was any.
    watched.becomes(watched.alarm("idle", TreatMissingData="breaching"), "ALARM")


def test_a_change_of_state_is_published_and_remembered(
    sandbox: RunningSandbox, watched: Watched
) -> None:
    sns, sqs = sandbox.client("sns"), sandbox.client("sqs")
    queue = sqs.create_queue(QueueName=watched.name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topic = sns.create_topic(Name=watched.name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"])
    idle = watched.alarm("idle", TreatMissingData="breaching", AlarmActions=[topic])

    def received() -> list[Any]:
        found: list[Any] = sqs.receive_message(QueueUrl=queue).get("Messages", [])
        return found

    message = json.loads(json.loads(eventually(received)[0]["Body"])["Message"])
    assert (message["AlarmName"], message["NewStateValue"]) == (idle, "ALARM")
    assert message["OldStateValue"] == "INSUFFICIENT_DATA"

    def kinds() -> list[str]:
        items = watched.cloudwatch.describe_alarm_history(
            AlarmName=idle, ScanBy="TimestampAscending"
        )["AlarmHistoryItems"]
        return [item["HistoryItemType"] for item in items]

    eventually(lambda: kinds() == ["ConfigurationUpdate", "StateUpdate", "Action"])


def test_a_changed_alarm_keeps_its_state(watched: Watched) -> None:
    idle = watched.alarm("idle", TreatMissingData="breaching")
    watched.becomes(idle, "ALARM")
    watched.alarm("idle", TreatMissingData="breaching", Threshold=2)
    assert watched.state(idle) == "ALARM"


def test_a_composite_alarm_follows_the_alarms_it_names(watched: Watched) -> None:
    idle = watched.alarm("idle", TreatMissingData="breaching")
    calm = watched.alarm("calm", TreatMissingData="notBreaching")
    both = f"{watched.name}-both"
    rule = f'ALARM("{idle}") AND NOT OK({calm})'
    watched.cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule=rule)
    watched.becomes(idle, "ALARM")
    watched.becomes(both, "OK")
    either = f'ALARM("{idle}") OR ALARM({calm})'
    watched.cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule=either)
    watched.becomes(both, "ALARM")
    with pytest.raises(ClientError, match="it is unknown"):
        watched.cloudwatch.put_composite_alarm(AlarmName=both, AlarmRule='ALARM("none-such")')


def test_deleting_an_unknown_alarm_deletes_none(watched: Watched) -> None:
    known = watched.alarm("known")
    with pytest.raises(watched.cloudwatch.exceptions.ResourceNotFound):
        watched.cloudwatch.delete_alarms(AlarmNames=[known, f"{known}-not"])
    assert watched.state(known)
