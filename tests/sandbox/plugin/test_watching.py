"""Alarms, topics, budgets, trails and schedules, beyond what holds for every token."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.plugin.stub import Engine, Live, OperationFailedError

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
ACTION = "aws:appautoscaling/scheduledAction:ScheduledAction"
BUDGET = "aws:budgets/budget:Budget"
TRAIL = "aws:cloudtrail/trail:Trail"
CONNECTION = "aws:glue/connection:Connection"
Make = Callable[..., Live]
ERRORS = {
    "namespace": "AWS/SageMaker",
    "metricName": "Invocation5XXErrors",
    "statistic": "Sum",
    "period": 300,
    "evaluationPeriods": 1,
    "comparisonOperator": "GreaterThanThreshold",
    "threshold": 5,
}


@pytest.fixture
def make(engine: Engine) -> Iterator[Make]:
    """Creates resources, and deletes them in reverse order."""
    made: list[Live] = []

    def create(token: str, **inputs: Any) -> Live:
        made.append(engine.create(token, f"watched{len(made)}", inputs))
        return made[-1]

    yield create
    for live in reversed(made):
        engine.delete(live)


def _refreshes_to_itself(engine: Engine, live: Live) -> bool:
    found = engine.read(live)
    return found is not None and (found.inputs, found.outputs) == (live.inputs, live.outputs)


def test_a_log_group_that_exists_is_refused(make: Make) -> None:
    make(LOG_GROUP, name="/watched/twice")
    with pytest.raises(OperationFailedError, match="ResourceAlreadyExists"):
        make(LOG_GROUP, name="/watched/twice")


def test_a_log_group_loses_key_and_retention_when_the_program_does(
    engine: Engine, make: Make, boto: Any
) -> None:
    key = make("aws:kms/key:Key").outputs["arn"]
    group = make(LOG_GROUP, name="/watched/key", kmsKeyId=key, retentionInDays=30)
    assert group.outputs["arn"].endswith(":log-group:/watched/key")
    bare = engine.update(group, {"name": "/watched/key"})
    assert _refreshes_to_itself(engine, bare)
    found = boto("logs").describe_log_groups(logGroupNamePrefix="/watched/key")["logGroups"][0]
    assert not found.get("kmsKeyId")
    assert "retentionInDays" not in found


def test_a_retention_that_logs_do_not_take_is_refused(engine: Engine) -> None:
    failures = engine.check(LOG_GROUP, "group", {"retentionInDays": 31}).failures
    assert [path for path, _ in failures] == ["retentionInDays"]


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 0},
        {"statistic": None, "extendedStatistic": "p99"},
        {"treatMissingData": "breaching"},
        {"dimensions": {"EndpointName": "e", "VariantName": "v"}},
        {"actionsEnabled": False},
    ],
    ids=str,
)
def test_a_changed_alarm_reads_as_it_was_put(
    engine: Engine, make: Make, change: dict[str, Any]
) -> None:
    alarm = make(ALARM, **ERRORS)
    wanted = {key: item for key, item in {**ERRORS, **change}.items() if item is not None}
    updated = engine.update(alarm, wanted)
    assert _refreshes_to_itself(engine, updated)
    checked = engine.check(ALARM, alarm.name, wanted, updated.inputs)
    assert not engine.diff(updated, checked.inputs).changed


def test_an_alarm_over_an_expression_keeps_its_queries(engine: Engine, make: Make) -> None:
    def metric(name: str) -> dict[str, Any]:
        found = {"metricName": name, "namespace": "n", "period": 60, "stat": "Sum"}
        return {**found, "dimensions": {"EndpointName": "e"}}

    queries = [
        {"id": "rate", "expression": "errors/calls", "label": "rate", "returnData": True},
        {"id": "errors", "metric": metric("Errors")},
        {"id": "calls", "metric": metric("Calls")},
    ]
    plain = {key: ERRORS[key] for key in ("comparisonOperator", "evaluationPeriods", "threshold")}
    alarm = make(ALARM, **plain, metricQueries=queries)
    assert _refreshes_to_itself(engine, alarm)
    turned = engine.check(ALARM, alarm.name, {**plain, "metricQueries": queries[::-1]})
    assert "metricQueries" not in engine.diff(alarm, turned.inputs).diffs


def test_an_alarm_changed_by_hand_shows_its_drift(engine: Engine, make: Make, boto: Any) -> None:
    alarm = make(ALARM, **ERRORS)
    boto("cloudwatch").put_metric_alarm(
        AlarmName=alarm.id,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=500,
    )
    found = engine.read(alarm)
    assert found is not None
    assert found.inputs["threshold"] == 500
    assert engine.diff(found, alarm.inputs).diffs == ["threshold"]


def test_a_topic_gets_a_new_topics_policy_when_its_own_is_deleted(
    engine: Engine, make: Make, boto: Any
) -> None:
    topic = make(TOPIC)
    statement = {
        "Sid": "AlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]},
        "Action": "sns:Publish",
        "Resource": topic.id,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = make(TOPIC_POLICY, arn=topic.id, policy=document)
    assert policy.id == topic.id
    # A topic reads the policy that another resource gave it; that is no change of the topic.
    found = engine.read(topic)
    assert found is not None
    assert not engine.diff(found, topic.inputs).changed
    engine.delete(policy)
    left = boto("sns").get_topic_attributes(TopicArn=topic.id)["Attributes"]["Policy"]
    assert json.loads(left)["Id"] == "__default_policy_ID"


def test_an_email_stays_unconfirmed(engine: Engine, make: Make) -> None:
    topic = make(TOPIC)
    found = make(SUBSCRIPTION, topic=topic.id, protocol="email", endpoint="ml@example.com")
    assert found.id.startswith(f"{topic.id}:")
    assert found.outputs["pendingConfirmation"] is True
    assert _refreshes_to_itself(engine, found)


def test_a_schedule_in_another_zone_is_no_change(engine: Engine, make: Make, boto: Any) -> None:
    boto("dynamodb").create_table(
        TableName="watched",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    where = {
        "serviceNamespace": "dynamodb",
        "scalableDimension": "dynamodb:table:ReadCapacityUnits",
        "resourceId": "table/watched",
    }
    make("aws:appautoscaling/target:Target", **where, minCapacity=1, maxCapacity=3)
    action = make(
        ACTION,
        **where,
        schedule="cron(0 8 * * ? *)",
        timezone="Europe/Berlin",
        startTime="2031-01-01T00:00:00+01:00",
        scalableTargetAction={"minCapacity": 1, "maxCapacity": 2},
    )
    assert _refreshes_to_itself(engine, action)
    failures = engine.check(ACTION, action.name, {**action.inputs, "startTime": "soon"}).failures
    assert [path for path, _ in failures] == ["startTime"]


def test_a_budget_swaps_its_alerts_and_compares_money_by_value(
    engine: Engine, make: Make, boto: Any
) -> None:
    topic = make(TOPIC).id

    def alert(percent: int) -> dict[str, Any]:
        return {
            "comparisonOperator": "GREATER_THAN",
            "notificationType": "ACTUAL",
            "threshold": percent,
            "thresholdType": "PERCENTAGE",
            "subscriberSnsTopicArns": [topic],
        }

    money = {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "50.00"}
    plain = {**money, "limitUnit": "USD"}
    budget = make(BUDGET, **plain, notifications=[alert(50), alert(80)])
    account, name = budget.id.split(":")
    assert budget.outputs["limitAmount"] == "50.00"
    updated = engine.update(budget, {**plain, "notifications": [alert(90), alert(50)]})
    assert _refreshes_to_itself(engine, updated)
    alerts = boto("budgets").describe_notifications_for_budget(AccountId=account, BudgetName=name)
    assert sorted(each["Threshold"] for each in alerts["Notifications"]) == [50, 90]
    with pytest.raises(OperationFailedError, match="Duplicate"):
        make(BUDGET, **plain, name=name)


def test_a_deleted_trail_is_gone_though_its_id_is_an_arn(
    engine: Engine, make: Make, boto: Any
) -> None:
    bucket = make("aws:s3/bucket:Bucket", forceDestroy=True).id
    trail = make(TRAIL, s3BucketName=bucket, isMultiRegionTrail=True)
    assert trail.outputs["homeRegion"] == "us-east-1"
    assert boto("cloudtrail").get_trail_status(Name=trail.id)["IsLogging"] is True
    engine.delete(trail)
    assert engine.read(trail) is None


def test_a_connection_moves_in_its_network_and_keeps_its_id(
    engine: Engine, make: Make, boto: Any
) -> None:
    vpc = make("aws:ec2/vpc:Vpc", cidrBlock="10.8.0.0/16").id
    group = make("aws:ec2/securityGroup:SecurityGroup", vpcId=vpc).id
    ranges = ("10.8.0.0/24", "10.8.1.0/24")
    subnets = [make("aws:ec2/subnet:Subnet", vpcId=vpc, cidrBlock=part).id for part in ranges]

    def place(subnet: int) -> dict[str, Any]:
        return {
            "availabilityZone": "us-east-1a",
            "securityGroupIdLists": [group],
            "subnetId": subnets[subnet],
        }

    network = {"connectionType": "NETWORK", "name": "jobs"}
    connection = make(CONNECTION, **network, physicalConnectionRequirements=place(0))
    assert connection.id == f"{connection.outputs['catalogId']}:jobs"
    moved = engine.update(connection, {**network, "physicalConnectionRequirements": place(1)})
    assert _refreshes_to_itself(engine, moved)
    found = boto("glue").get_connection(Name="jobs")["Connection"]
    assert found["ConnectionType"] == "NETWORK"
    assert found["PhysicalConnectionRequirements"]["SubnetId"] == subnets[1]
    with pytest.raises(OperationFailedError, match="AlreadyExists"):
        make(CONNECTION, **network)
