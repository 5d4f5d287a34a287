"""Application auto-scaling changes the instances of a real endpoint of the sandbox."""

import io
import tarfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.running import RunningSandbox, eventually

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
ROLE = "arn:aws:iam::123456789012:role/serving"


class Variant:
    """An endpoint with one variant, and its scalable target's identity."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sagemaker = sandbox.client("sagemaker")
        self.scaling = sandbox.client("application-autoscaling")
        self.cloudwatch = sandbox.client("cloudwatch")
        self.name = f"v{uuid.uuid4().hex[:10]}"
        s3 = sandbox.client("s3")
        s3.create_bucket(Bucket=self.name)
        s3.put_object(Bucket=self.name, Key="model.tar.gz", Body=_model())
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://{self.name}/model.tar.gz"}
        self.sagemaker.create_model(
            ModelName=self.name, ExecutionRoleArn=ROLE, PrimaryContainer=container
        )
        variant = {
            "VariantName": "all",
            "ModelName": self.name,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=self.name, ProductionVariants=[variant]
        )
        self.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)
        eventually(self.in_service)
        self.target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.name}/variant/all",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }

    def in_service(self) -> bool:
        described = self.sagemaker.describe_endpoint(EndpointName=self.name)
        return bool(described["EndpointStatus"] == "InService")

    def count(self) -> int:
        described = self.sagemaker.describe_endpoint(EndpointName=self.name)
        return int(described["ProductionVariants"][0]["DesiredInstanceCount"])

    def register(self, low: int, high: int, **more: Any) -> str:
        answer = self.scaling.register_scalable_target(
            **self.target, MinCapacity=low, MaxCapacity=high, **more
        )
        arn: str = answer["ScalableTargetARN"]
        return arn

    def limits(self) -> tuple[int, int]:
        found = self.scaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[self.target["ResourceId"]]
        )["ScalableTargets"][0]
        return found["MinCapacity"], found["MaxCapacity"]

    def track(self, goal: float) -> dict[str, Any]:
        kind = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
        answer: dict[str, Any] = self.scaling.put_scaling_policy(
            PolicyName="load",
            **self.target,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": goal,
                "PredefinedMetricSpecification": kind,
                "ScaleInCooldown": 0,
                "ScaleOutCooldown": 0,
            },
        )
        return answer

    def invoked(self, number: float) -> None:
        """Say that the variant was invoked, without invoking it."""
        dimensions = [
            {"Name": "EndpointName", "Value": self.name},
            {"Name": "VariantName", "Value": "all"},
        ]
        data = {"MetricName": "Invocations", "Dimensions": dimensions, "Value": number}
        self.cloudwatch.put_metric_data(Namespace="AWS/SageMaker", MetricData=[data])

    def schedule(self, name: str, schedule: str, low: int, high: int) -> None:
        self.scaling.put_scheduled_action(
            ScheduledActionName=name,
            **self.target,
            Schedule=schedule,
            ScalableTargetAction={"MinCapacity": low, "MaxCapacity": high},
        )

    def activities(self) -> list[str]:
        found = self.scaling.describe_scaling_activities(
            ServiceNamespace="sagemaker", ResourceId=self.target["ResourceId"]
        )
        return [each["Description"] for each in found["ScalingActivities"]]


def _model() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        information = tarfile.TarInfo("label")
        information.size = 1
        archive.addfile(information, io.BytesIO(b"a"))
    return buffer.getvalue()


@pytest.fixture
def variant(sandbox: RunningSandbox) -> Iterator[Variant]:
    made = Variant(sandbox)
    yield made
    made.sagemaker.delete_endpoint(EndpointName=made.name)


def test_limits_take_hold_at_once(variant: Variant) -> None:
    variant.register(2, 3)
    eventually(lambda: variant.count() == 2)
    eventually(variant.in_service)
    variant.register(1, 1)
    eventually(lambda: variant.count() == 1)
    assert "Setting desired instance count to 2." in variant.activities()


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [(0, 2, "at least 1"), (3, 2, "cannot be less than minimum")],
)
def test_wrong_limits_are_refused(variant: Variant, low: int, high: int, reason: str) -> None:
    with pytest.raises(ClientError, match=reason):
        variant.register(low, high)


def test_what_is_not_registered_is_not_found(variant: Variant) -> None:
    with pytest.raises(variant.scaling.exceptions.ObjectNotFoundException):
        variant.track(10)
    with pytest.raises(variant.scaling.exceptions.ObjectNotFoundException):
        variant.schedule("night", "rate(1 day)", 1, 1)
    variant.target = {**variant.target, "ResourceId": "endpoint/none/variant/all"}
    with pytest.raises(ClientError, match="does not exist"):
        variant.register(1, 2)


def test_a_schedule_rewrites_the_limits_and_moves_the_count(variant: Variant) -> None:
    variant.register(1, 4)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    variant.schedule("day", f"at({soon:%Y-%m-%dT%H:%M:%S})", 2, 3)
    variant.schedule("night", "cron(0 20 ? * MON-FRI *)", 1, 1)
    eventually(lambda: variant.limits() == (2, 3))
    eventually(lambda: variant.count() == 2)
    assert "Setting min capacity to 2 and max capacity to 3" in variant.activities()


def test_a_schedule_that_is_none_is_refused(variant: Variant) -> None:
    variant.register(1, 2)
    for wrong in ("cron(0 20 * * *)", "at(tomorrow)", "rate(0 minutes)", "cron(0 20 * * * *)"):
        with pytest.raises(variant.scaling.exceptions.ValidationException):
            variant.schedule("x", wrong, 1, 1)


def test_target_tracking_scales_out_on_load(variant: Variant) -> None:
    variant.register(1, 2)
    variant.track(10)

    def scaled_out() -> bool:
        variant.invoked(50)
        time.sleep(0.2)
        return variant.count() == 2

    eventually(scaled_out)


def test_target_tracking_scales_in_after_quiet_periods_only(
    own_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_SCALING_SECONDS", "0.2")
    monkeypatch.setenv("SANDBOX_SCALING_PERIOD", "0.3")
    monkeypatch.setenv("SANDBOX_MINUTE_SECONDS", "1")
    own_sandbox.start()
    variant = Variant(own_sandbox)
    variant.register(2, 4)
    eventually(lambda: variant.count() == 2)
    eventually(variant.in_service)
    variant.register(1, 4)
    variant.track(1000)

    def scaled_in() -> bool:
        variant.invoked(1)
        time.sleep(0.1)
        return variant.count() == 1

    started = time.monotonic()
    eventually(scaled_in)
    assert time.monotonic() - started > 15 * 0.3 * 0.8


def test_an_alarm_on_idleness_takes_the_count_to_its_least(variant: Variant) -> None:
    variant.register(2, 4)
    eventually(lambda: variant.count() == 2)
    eventually(variant.in_service)
    variant.register(1, 4)
    policy = variant.scaling.put_scaling_policy(
        PolicyName="idle",
        **variant.target,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ExactCapacity",
            "StepAdjustments": [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": 1}],
            "Cooldown": 0,
        },
    )["PolicyARN"]
    variant.track(1000)
    dimensions = [
        {"Name": "EndpointName", "Value": variant.name},
        {"Name": "VariantName", "Value": "all"},
    ]
    alarm = {
        "AlarmName": f"{variant.name}-idle",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Dimensions": dimensions,
        "Statistic": "Sum",
        "Period": 86400,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": 1,
        "TreatMissingData": "breaching",
        "AlarmActions": [policy],
    }
    # Somebody asked today: the alarm is silent, and tracking has too little data to scale in.
    variant.invoked(5)
    variant.cloudwatch.put_metric_alarm(**alarm)
    states = {"AlarmNames": [alarm["AlarmName"]]}

    def state() -> str:
        (found,) = variant.cloudwatch.describe_alarms(**states)["MetricAlarms"]
        return str(found["StateValue"])

    eventually(lambda: state() == "OK")
    assert variant.count() == 2
    nobody = [{"Name": "EndpointName", "Value": variant.name}, {"Name": "X", "Value": "none"}]
    variant.cloudwatch.put_metric_alarm(**{**alarm, "Dimensions": nobody})
    eventually(lambda: variant.count() == 1)
    assert state() == "ALARM"
    variant.cloudwatch.delete_alarms(**states)


def test_a_policy_keeps_its_arn_and_goes_with_its_target(variant: Variant) -> None:
    arn = variant.register(1, 2, Tags={"owner": "a"})
    first, second = variant.track(10), variant.track(20)
    assert first["PolicyARN"] == second["PolicyARN"]
    alarms = [each["AlarmName"] for each in second["Alarms"]]
    assert len(alarms) == 2
    variant.scaling.tag_resource(ResourceARN=arn, Tags={"team": "b"})
    variant.scaling.untag_resource(ResourceARN=arn, TagKeys=["owner"])
    assert variant.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"team": "b"}
    variant.schedule("night", "rate(1 day)", 1, 1)
    variant.scaling.deregister_scalable_target(**variant.target)
    left = variant.scaling.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=variant.target["ResourceId"]
    )
    assert left["ScalingPolicies"] == []
    assert variant.cloudwatch.describe_alarms(AlarmNames=alarms)["MetricAlarms"] == []
    with pytest.raises(ClientError, match="does not exist"):
        variant.scaling.list_tags_for_resource(ResourceARN=arn)
