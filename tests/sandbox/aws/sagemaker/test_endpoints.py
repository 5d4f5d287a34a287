"""Endpoints created by an unmodified client serve, scale, swap and roll back."""

import collections
import contextlib
import io
import json
import os
import signal
import tarfile
import time
from typing import Any

import pytest

from sandbox import control
from tests.sandbox.aws.sagemaker.calls import BUCKET, ROLE, SageMaker, archive, unique
from tests.sandbox.running import RunningSandbox, eventually

GIVES_UP_AFTER = 20.0


def invoke(sagemaker: SageMaker, name: str, body: bytes = b"[[1,2,3,4]]", **fields: Any) -> Any:
    answer = sagemaker.runtime.invoke_endpoint(
        EndpointName=name, Body=body, ContentType="application/json", **fields
    )
    return json.loads(answer["Body"].read())


def status(sagemaker: SageMaker, name: str) -> dict[str, Any]:
    found: dict[str, Any] = sagemaker.client.describe_endpoint(EndpointName=name)
    return found


def counts(described: dict[str, Any]) -> list[tuple[int, int]]:
    return [
        (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"])
        for variant in described["ProductionVariants"]
    ]


def scale(sagemaker: SageMaker, name: str, count: int) -> None:
    sagemaker.client.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": count}],
    )
    assert counts(sagemaker.wait_for_endpoint(name)) == [(count, count)]


def swap(sagemaker: SageMaker, name: str, config: str, **fields: Any) -> dict[str, Any]:
    sagemaker.client.update_endpoint(EndpointName=name, EndpointConfigName=config, **fields)
    return sagemaker.wait_for_endpoint(name)


def test_an_invocation_reaches_the_model_with_its_headers(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("one", Environment={"MINE": "yes"}))
    answer = sagemaker.runtime.invoke_endpoint(
        EndpointName=name,
        Body=b"1,2",
        ContentType="text/csv",
        Accept="application/json",
        CustomAttributes="trace",
        InferenceId="id-1",
    )
    assert answer["ContentType"] == "application/json"
    assert answer["CustomAttributes"] == "trace seen"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    seen = json.loads(answer["Body"].read())
    assert (seen["label"], seen["received"]) == ("one", 3)
    assert seen["headers"]["content-type"] == "text/csv"
    assert seen["headers"]["accept"] == "application/json"
    assert seen["headers"]["x-amzn-sagemaker-inference-id"] == "id-1"
    assert "authorization" not in seen["headers"]
    assert seen["environment"]["MINE"] == "yes"


@pytest.mark.parametrize("code", [400, 500])
def test_a_models_error_is_a_model_error(sagemaker: SageMaker, code: int) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"))
    with pytest.raises(sagemaker.runtime.exceptions.ModelError) as caught:
        invoke(sagemaker, name, str(code).encode())
    response = caught.value.response
    assert response["OriginalStatusCode"] == code
    assert response["OriginalMessage"] == '{"error": "asked for"}'
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert f"/aws/sagemaker/Endpoints/{name}" in response["Error"]["Message"]


def test_six_mebibytes_pass_and_one_byte_more_does_not(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"))
    assert invoke(sagemaker, name, b"x" * 6291456)["received"] == 6291456
    with pytest.raises(sagemaker.runtime.exceptions.ClientError, match=r"413.*6291456") as caught:
        invoke(sagemaker, name, b"x" * 6291457)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_an_endpoint_that_is_not_there_is_a_validation_error(sagemaker: SageMaker) -> None:
    with pytest.raises(sagemaker.runtime.exceptions.ClientError, match="not found") as caught:
        invoke(sagemaker, "never-made")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_a_model_that_does_not_load_fails_the_endpoint_with_its_log(sagemaker: SageMaker) -> None:
    config = sagemaker.config(sagemaker.model("broken"))
    name = unique("endpoint")
    sagemaker.client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    described = sagemaker.wait_for_endpoint(name)
    assert described["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in described["FailureReason"]
    assert "this model cannot be loaded" in described["FailureReason"]
    assert "this model cannot be loaded" in sagemaker.log(
        f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/"
    )


def escaping_archive(name: str, *, link: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        if link is not None:
            member.type, member.linkname = tarfile.SYMTYPE, link
        tar.addfile(member, io.BytesIO())
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"not an archive",
        archive({"label": "one"})[:60],
        escaping_archive("../outside"),
        escaping_archive("/absolute", link="/etc/passwd"),
        escaping_archive("link", link="../../outside"),
    ],
    ids=["garbage", "truncated", "parent", "absolute-link", "link-out"],
)
def test_an_unsafe_or_corrupt_archive_is_refused(sagemaker: SageMaker, data: bytes) -> None:
    config = sagemaker.config(sagemaker.model("one", data=data))
    name = unique("endpoint")
    sagemaker.client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    described = sagemaker.wait_for_endpoint(name)
    assert described["EndpointStatus"] == "Failed"
    assert "Failed to extract model data archive" in described["FailureReason"]


def test_missing_model_data_is_named(sagemaker: SageMaker) -> None:
    uri = f"s3://{BUCKET}/no/such/model.tar.gz"
    config = sagemaker.config(sagemaker.model("one", ModelDataUrl=uri))
    name = unique("endpoint")
    sagemaker.client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert uri in sagemaker.wait_for_endpoint(name)["FailureReason"]


def test_instances_are_processes_that_take_turns(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"), count=2)
    seen = collections.Counter(invoke(sagemaker, name)["process"] for _ in range(20))
    assert sorted(seen.values()) == [10, 10]
    scale(sagemaker, name, 3)
    assert len({invoke(sagemaker, name)["process"] for _ in range(9)}) == 3
    scale(sagemaker, name, 1)
    assert len({invoke(sagemaker, name)["process"] for _ in range(5)}) == 1


def test_a_swap_without_the_flag_resets_the_count_and_with_it_keeps_it(
    sagemaker: SageMaker,
) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"))
    scale(sagemaker, name, 3)
    second = sagemaker.config(sagemaker.model("two"))
    described = swap(sagemaker, name, second, RetainAllVariantProperties=True)
    assert described["EndpointConfigName"] == second
    assert counts(described) == [(3, 3)]
    assert invoke(sagemaker, name)["label"] == "two"
    excluded = [{"VariantPropertyType": "DesiredInstanceCount"}]
    third = sagemaker.config(sagemaker.model("three"))
    described = swap(
        sagemaker,
        name,
        third,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=excluded,
    )
    assert counts(described) == [(1, 1)]
    scale(sagemaker, name, 2)
    described = swap(sagemaker, name, sagemaker.config(sagemaker.model("four")))
    assert counts(described) == [(1, 1)]


def test_the_old_model_answers_without_a_gap_until_the_new_one_does(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("old"))
    sagemaker.client.update_endpoint(
        EndpointName=name, EndpointConfigName=sagemaker.config(sagemaker.model("new"))
    )
    labels: list[str] = []
    deadline = time.monotonic() + GIVES_UP_AFTER
    while labels[-20:] != ["new"] * 20 and time.monotonic() < deadline:
        labels.append(invoke(sagemaker, name)["label"])
    assert labels == sorted(labels, reverse=True), "the old model answered after the new one"
    assert set(labels) == {"old", "new"}


def test_new_processes_that_do_not_load_leave_the_old_ones_serving(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("good"))
    before = status(sagemaker, name)["EndpointConfigName"]
    described = swap(sagemaker, name, sagemaker.config(sagemaker.model("broken")))
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == before
    assert "ping health check" in described["FailureReason"]
    assert invoke(sagemaker, name)["label"] == "good"
    described = swap(sagemaker, name, sagemaker.config(sagemaker.model("better")))
    assert "FailureReason" not in described


def deployment_config(alarm: str, kind: str = "ALL_AT_ONCE") -> dict[str, Any]:
    routing: dict[str, Any] = {"Type": kind, "WaitIntervalInSeconds": 60}
    if kind == "CANARY":
        routing["CanarySize"] = {"Type": "CAPACITY_PERCENT", "Value": 50}
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": 60,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
    }


def make_alarm(sagemaker: SageMaker, state: str) -> str:
    name = unique("alarm")
    cloudwatch = sagemaker.sandbox.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Tests",
        MetricName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
        TreatMissingData="ignore",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")
    return name


def test_an_alarm_during_the_swap_rolls_back(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("old"))
    alarm = make_alarm(sagemaker, "OK")
    sagemaker.client.update_endpoint(
        EndpointName=name,
        EndpointConfigName=sagemaker.config(sagemaker.model("new")),
        DeploymentConfig=deployment_config(alarm, "CANARY"),
    )
    labels: set[str] = set()
    deadline = time.monotonic() + GIVES_UP_AFTER
    while labels != {"old", "new"} and time.monotonic() < deadline:
        labels.add(invoke(sagemaker, name)["label"])
    assert labels == {"old", "new"}, "the canary got no traffic"
    sagemaker.sandbox.client("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason="test"
    )
    described = sagemaker.wait_for_endpoint(name)
    assert described["EndpointStatus"] == "InService"
    assert alarm in described["FailureReason"]
    assert {invoke(sagemaker, name)["label"] for _ in range(10)} == {"old"}


def test_a_quiet_alarm_lets_the_swap_pass(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("old"))
    config = deployment_config(make_alarm(sagemaker, "OK"))
    described = swap(
        sagemaker, name, sagemaker.config(sagemaker.model("new")), DeploymentConfig=config
    )
    assert "FailureReason" not in described
    assert described["LastDeploymentConfig"] == config
    assert invoke(sagemaker, name)["label"] == "new"


def test_an_endpoint_in_progress_is_not_updated(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"))
    config = sagemaker.config(sagemaker.model("two"))
    other = sagemaker.config(sagemaker.model("three"))
    sagemaker.client.update_endpoint(
        EndpointName=name,
        EndpointConfigName=config,
        DeploymentConfig=deployment_config(make_alarm(sagemaker, "OK")),
    )
    with pytest.raises(sagemaker.client.exceptions.ClientError, match="in-progress endpoint"):
        sagemaker.client.update_endpoint(EndpointName=name, EndpointConfigName=other)
    sagemaker.wait_for_endpoint(name)


def test_variants_share_traffic_by_weight_and_can_be_named(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("a"), sagemaker.model("b"))
    assert {invoke(sagemaker, name)["label"] for _ in range(40)} == {"a", "b"}
    assert invoke(sagemaker, name, TargetVariant="v2")["label"] == "b"
    with pytest.raises(sagemaker.runtime.exceptions.ClientError, match="Variant v9"):
        invoke(sagemaker, name, TargetVariant="v9")
    sagemaker.client.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "v1", "DesiredWeight": 0}],
    )
    sagemaker.wait_for_endpoint(name)
    assert {invoke(sagemaker, name)["label"] for _ in range(20)} == {"b"}


def test_a_crashed_process_comes_back(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"))
    first = invoke(sagemaker, name)["process"]
    with pytest.raises(sagemaker.runtime.exceptions.ModelError):
        invoke(sagemaker, name, b"crash")

    def answers() -> Any:
        try:
            return invoke(sagemaker, name)["process"]
        except sagemaker.runtime.exceptions.ModelError:
            return None

    assert eventually(answers) != first


def test_a_serverless_variant_serves_within_its_limits(sagemaker: SageMaker) -> None:
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5}}
    name = sagemaker.endpoint(sagemaker.model("one"), variant=serverless)
    assert invoke(sagemaker, name)["label"] == "one"
    [variant] = status(sagemaker, name)["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == serverless["ServerlessConfig"]
    with pytest.raises(sagemaker.runtime.exceptions.ClientError, match="413"):
        invoke(sagemaker, name, b"x" * (4 * 1024 * 1024 + 1))


def test_captured_data_has_the_clouds_layout(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(
        sagemaker.model("one"),
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        },
    )
    sagemaker.runtime.invoke_endpoint(EndpointName=name, Body=b"1,2", ContentType="text/csv")
    [key] = eventually(lambda: sagemaker.keys(f"capture/{name}/AllTraffic/"))
    assert len(key.split("/")) == 8
    assert key.endswith(".jsonl")
    [line] = sagemaker.get(f"s3://{BUCKET}/{key}").decode().splitlines()
    event = json.loads(line)
    assert event["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv", "mode": "INPUT", "data": "1,2", "encoding": "CSV",
    }  # fmt: skip
    output = event["captureData"]["endpointOutput"]
    assert (output["mode"], output["encoding"]) == ("OUTPUT", "JSON")
    assert event["eventVersion"] == "0"


def test_invocations_are_metrics(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"), count=2)
    for body in (b"1", b"1", b"400", b"500"):
        with contextlib.suppress(sagemaker.runtime.exceptions.ModelError):
            invoke(sagemaker, name, body)
    dimensions = [
        {"Name": "EndpointName", "Value": name},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]

    def statistic(metric: str, kind: str) -> float:
        points = sagemaker.sandbox.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=[kind],
        )["Datapoints"]
        return sum(float(point[kind]) for point in points)

    eventually(lambda: statistic("Invocations", "Sum") == 4)
    assert statistic("Invocation4XXErrors", "Sum") == 1
    assert statistic("Invocation5XXErrors", "Sum") == 1
    assert statistic("Invocation5XXErrors", "Average") == pytest.approx(0.25)
    assert statistic("InvocationsPerInstance", "Sum") == 2
    assert 0 < statistic("ModelLatency", "Average") < 10_000_000


def test_processor_and_memory_of_the_instances_are_metrics(sagemaker: SageMaker) -> None:
    name = sagemaker.endpoint(sagemaker.model("one"))

    def values(metric: str) -> list[float]:
        points = sagemaker.sandbox.client("cloudwatch").get_metric_statistics(
            Namespace="/aws/sagemaker/Endpoints",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": name},
                {"Name": "VariantName", "Value": "AllTraffic"},
            ],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Maximum"],
        )["Datapoints"]
        return [float(point["Maximum"]) for point in points]

    def worked() -> bool:
        invoke(sagemaker, name)
        return any(value > 0 for value in values("CPUUtilization"))

    eventually(worked, 40)
    assert 0 < max(values("MemoryUtilization")) < 100


def test_names_are_used_once_and_parts_must_exist(sagemaker: SageMaker) -> None:
    model = sagemaker.model("one")
    config = sagemaker.config(model)
    name = unique("endpoint")
    client = sagemaker.client
    sagemaker.client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    sagemaker.wait_for_endpoint(name)
    error = client.exceptions.ClientError
    with pytest.raises(error, match="already existing endpoint "):
        client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    with pytest.raises(error, match="already existing model"):
        client.create_model(ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "x"})
    with pytest.raises(error, match="Could not find endpoint configuration"):
        client.create_endpoint(EndpointName="other", EndpointConfigName="none")
    with pytest.raises(error, match="Could not find model"):
        sagemaker.config("no-such-model")


def test_a_deleted_endpoint_leaves_no_process_and_its_name_is_free(sagemaker: SageMaker) -> None:
    config = sagemaker.config(sagemaker.model("one"))
    name = unique("endpoint")
    sagemaker.client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    sagemaker.wait_for_endpoint(name)
    process = invoke(sagemaker, name)["process"]
    sagemaker.client.delete_endpoint(EndpointName=name)
    eventually(lambda: sagemaker.gone(name))
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    sagemaker.client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    assert sagemaker.wait_for_endpoint(name)["EndpointStatus"] == "InService"


def test_an_endpoint_outlives_its_model_and_configuration(sagemaker: SageMaker) -> None:
    model = sagemaker.model("one")
    name = sagemaker.endpoint(model)
    config = status(sagemaker, name)["EndpointConfigName"]
    sagemaker.client.delete_endpoint_config(EndpointConfigName=config)
    sagemaker.client.delete_model(ModelName=model)
    scale(sagemaker, name, 2)
    assert invoke(sagemaker, name)["label"] == "one"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_endpoint_serves_again_after_a_restart(
    own_sandbox: RunningSandbox, number: signal.Signals
) -> None:
    own_sandbox.start()
    mine = SageMaker(own_sandbox)
    name = mine.endpoint(mine.model("kept"))
    scale(mine, name, 2)
    tables = own_sandbox.state.snapshot / "tables.pickle"
    stamp = time.time()
    eventually(lambda: tables.exists() and tables.stat().st_mtime > stamp - 1.5)
    time.sleep(1.5)
    os.kill(own_sandbox.ready.pid, number)
    eventually(lambda: control.running(own_sandbox.state) is None)
    eventually(lambda: own_sandbox.processes() == [])
    own_sandbox.close_clients()
    own_sandbox.start()
    again = SageMaker(own_sandbox)
    assert invoke(again, name)["label"] == "kept"
    eventually(lambda: counts(status(again, name)) == [(2, 2)])
