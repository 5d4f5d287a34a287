"""An endpoint changes over once, keeps what is live, and says when it went back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from components.aws.runs import endpoint_swap
from components.aws.runs.endpoint_release import EndpointReleaseHandler
from plugin.handler import OperationInterruptedError, ResourceFailedError

from .conftest import NOW, REGION

Aws = Callable[[str], Stubber]
RELEASE = {"model_data_url": "s3://b/2/model.tar.gz", "model_sha256": "22"}
OLDER = {"model_data_url": "s3://b/1/model.tar.gz", "model_sha256": "11"}
OLDEST = {"model_data_url": "s3://b/0/model.tar.gz", "model_sha256": "00"}
INPUTS: dict[str, Any] = {
    "endpointName": "penguins",
    "endpointConfigName": "config-2",
    "release": RELEASE,
    "region": REGION,
    "rollbackAlarmNames": [],
    "bakingSeconds": 0,
    "keepHistory": 10,
}
OUTPUTS: dict[str, Any] = {
    **INPUTS,
    "endpointConfigName": "config-1",
    "release": OLDER,
    "activeConfigName": "config-1",
    "history": [],
}
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}


def endpoint(status: str = "InService", config: str = "config-1", **more: Any) -> dict[str, Any]:
    return {
        "EndpointName": "penguins",
        "EndpointArn": f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/penguins",
        "EndpointConfigName": config,
        "EndpointStatus": status,
        "ProductionVariants": [{"VariantName": "main", "CurrentInstanceCount": 3}],
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        **more,
    }


def described(aws: Aws, *records: dict[str, Any]) -> None:
    for record in records:
        aws("sagemaker").add_response("describe_endpoint", record, {"EndpointName": "penguins"})


def config(aws: Aws, name: str, *variants: dict[str, Any]) -> None:
    aws("sagemaker").add_response(
        "describe_endpoint_config",
        {
            "EndpointConfigName": name,
            "EndpointConfigArn": f"arn:aws:sagemaker:{REGION}:123456789012:endpoint-config/{name}",
            "ProductionVariants": list(variants) or [{"VariantName": "main", "ModelName": "m"}],
            "CreationTime": NOW,
        },
        {"EndpointConfigName": name},
    )


def updated(aws: Aws, **expected: Any) -> None:
    aws("sagemaker").add_response(
        "update_endpoint",
        {"EndpointArn": endpoint()["EndpointArn"]},
        {"EndpointName": "penguins", "EndpointConfigName": "config-2", **expected},
    )


def keeping(*replaced: str) -> dict[str, Any]:
    return {
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": name} for name in replaced],
    }


def test_the_swap_keeps_the_live_instance_count(aws: Aws, context: Any) -> None:
    described(aws, endpoint())
    config(aws, "config-2")
    config(aws, "config-1")
    updated(aws, **keeping("DataCaptureConfig"))
    described(aws, endpoint("Updating"), endpoint(config="config-2"))
    outputs = EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)
    assert outputs == {"activeConfigName": "config-2", "history": [OLDER]}


def test_an_endpoint_that_serves_the_configuration_already_is_not_touched(
    aws: Aws, context: Any
) -> None:
    described(aws, endpoint(config="config-2"))
    resource_id, outputs = EndpointReleaseHandler().create(context, INPUTS)
    assert resource_id == "penguins"
    assert outputs == {"activeConfigName": "config-2", "history": []}


def test_an_update_of_an_interrupted_up_is_waited_for_first(aws: Aws, context: Any) -> None:
    described(aws, endpoint("Updating"), endpoint("Updating"), endpoint(config="config-2"))
    outputs = EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)
    assert outputs["activeConfigName"] == "config-2"
    assert len(context.pauses) == 2


def test_alarms_watch_the_change_over(aws: Aws, context: Any) -> None:
    described(aws, endpoint())
    config(aws, "config-2")
    config(aws, "config-1")
    updated(
        aws,
        **keeping("DataCaptureConfig"),
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
                "TerminationWaitInSeconds": 120,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "5xx"}]},
        },
    )
    described(aws, endpoint(config="config-2"))
    EndpointReleaseHandler().update(
        context,
        "penguins",
        OUTPUTS,
        {**INPUTS, "rollbackAlarmNames": ["5xx"], "bakingSeconds": 120},
    )


def test_other_variants_take_nothing_over(aws: Aws, context: Any) -> None:
    described(aws, endpoint())
    config(aws, "config-2", {"VariantName": "other", "ModelName": "m"})
    updated(aws)
    described(aws, endpoint(config="config-2"))
    EndpointReleaseHandler().update(
        context, "penguins", OUTPUTS, {**INPUTS, "rollbackAlarmNames": ["5xx"]}
    )


@pytest.mark.parametrize("to_serverless", [True, False], ids=["stays", "gets instances"])
def test_serverless_variants_have_no_count_to_keep(
    aws: Aws, context: Any, to_serverless: bool
) -> None:
    live = [{"VariantName": "main", "CurrentServerlessConfig": SERVERLESS}]
    described(aws, endpoint(ProductionVariants=live))
    variant: dict[str, Any] = {"VariantName": "main", "ModelName": "m"}
    config(
        aws, "config-2", {**variant, **({"ServerlessConfig": SERVERLESS} if to_serverless else {})}
    )
    updated(aws)
    described(aws, endpoint(config="config-2"))
    EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)


def test_an_endpoint_on_instances_cannot_become_serverless(aws: Aws, context: Any) -> None:
    described(aws, endpoint())
    variant = {"VariantName": "main", "ModelName": "m", "ServerlessConfig": SERVERLESS}
    config(aws, "config-2", variant)
    with pytest.raises(ResourceFailedError, match=r"cannot turn such an endpoint into.*--replace"):
        EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)


@pytest.mark.parametrize("autoscaled", [True, False])
def test_a_newly_declared_count_rules_only_where_no_autoscaler_does(
    aws: Aws, context: Any, autoscaled: bool
) -> None:
    described(aws, endpoint())
    config(aws, "config-2", {"VariantName": "main", "ModelName": "m", "InitialInstanceCount": 2})
    config(aws, "config-1", {"VariantName": "main", "ModelName": "m", "InitialInstanceCount": 1})
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/penguins/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 4,
        "RoleARN": "arn:aws:iam::123456789012:role/scaling",
        "CreationTime": NOW,
    }
    aws("application-autoscaling").add_response(
        "describe_scalable_targets",
        {"ScalableTargets": [target] if autoscaled else []},
        {
            "ServiceNamespace": "sagemaker",
            "ResourceIds": ["endpoint/penguins/variant/main"],
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        },
    )
    counts = [] if autoscaled else ["DesiredInstanceCount"]
    updated(aws, **keeping("DataCaptureConfig", *counts))
    described(aws, endpoint(config="config-2"))
    EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)


def test_a_rollback_is_an_error_with_reason_alarms_and_log(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    described(aws, endpoint())
    config(aws, "config-2")
    config(aws, "config-1")
    aws("sagemaker").add_response("update_endpoint", {"EndpointArn": endpoint()["EndpointArn"]})
    described(
        aws,
        endpoint("Updating"),
        endpoint("RollingBack"),
        endpoint(FailureReason="The container did not pass the ping health check."),
    )
    aws("cloudwatch").add_response(
        "describe_alarms",
        {"MetricAlarms": [{"AlarmName": "5xx"}]},
        {"AlarmNames": ["5xx"], "StateValue": "ALARM"},
    )
    log_lines("/aws/sagemaker/Endpoints/penguins", "", ["digest differs"])
    with pytest.raises(ResourceFailedError) as failure:
        EndpointReleaseHandler().update(
            context, "penguins", OUTPUTS, {**INPUTS, "rollbackAlarmNames": ["5xx"]}
        )
    text = str(failure.value)
    for part in (
        "endpoint penguins rolled back",
        "serving config-1 and not config-2",
        "did not pass the ping health check. Alarms that ring: 5xx.",
        "    digest differs",
        "/aws/sagemaker/Endpoints/penguins",
        "SageMaker > Endpoints > penguins",
    ):
        assert part in text


def test_the_old_state_right_after_the_request_is_not_taken_for_a_rollback(
    aws: Aws, context: Any
) -> None:
    described(aws, endpoint())
    config(aws, "config-2")
    config(aws, "config-1")
    updated(aws, **keeping("DataCaptureConfig"))
    described(aws, endpoint(), endpoint("Updating"), endpoint(config="config-2"))
    outputs = EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)
    assert outputs["activeConfigName"] == "config-2"


def test_the_old_state_is_not_waited_on_for_ever(
    aws: Aws,
    context: Any,
    log_lines: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoint_swap, "_SETTLING_SECONDS", -1.0)
    described(aws, endpoint())
    config(aws, "config-2")
    config(aws, "config-1")
    updated(aws, **keeping("DataCaptureConfig"))
    described(aws, endpoint())
    log_lines("/aws/sagemaker/Endpoints/penguins", "", [])
    with pytest.raises(ResourceFailedError, match="rolled back"):
        EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)


@pytest.mark.parametrize("status", ["Failed", "UpdateRollbackFailed", "Deleting", "OutOfService"])
def test_an_endpoint_that_cannot_change_over_is_named_with_its_state(
    aws: Aws, context: Any, log_lines: Callable[..., None], status: str
) -> None:
    described(aws, endpoint(status, FailureReason="no capacity"))
    log_lines("/aws/sagemaker/Endpoints/penguins", "", [])
    with pytest.raises(ResourceFailedError, match=f"penguins is {status}: no capacity"):
        EndpointReleaseHandler().update(context, "penguins", OUTPUTS, INPUTS)


def test_an_interruption_says_that_the_change_goes_on(aws: Aws, context: Any) -> None:
    described(aws, endpoint())
    config(aws, "config-2")
    config(aws, "config-1")
    updated(aws, **keeping("DataCaptureConfig"))
    described(aws, endpoint("Updating"))
    with pytest.raises(OperationInterruptedError, match="config-2 goes on in the cloud"):
        EndpointReleaseHandler().update(
            replace(context, interrupt_after=0), "penguins", OUTPUTS, INPUTS
        )


def missing(aws: Aws) -> None:
    aws("sagemaker").add_client_error(
        "describe_endpoint", "ValidationException", 'Could not find endpoint "penguins".'
    )


def test_a_missing_endpoint_is_named(aws: Aws, context: Any) -> None:
    missing(aws)
    with pytest.raises(ResourceFailedError, match=r"endpoint penguins does not exist.*refresh"):
        EndpointReleaseHandler().create(context, INPUTS)


def history_after(aws: Aws, context: Any, old: dict[str, Any], new: dict[str, Any]) -> Any:
    described(aws, endpoint(config="config-2"))
    outputs = EndpointReleaseHandler().update(
        context, "penguins", {**OUTPUTS, **old}, {**INPUTS, **new}
    )
    return outputs["history"]


def test_history_is_newest_first(aws: Aws, context: Any) -> None:
    assert history_after(aws, context, {"history": [OLDEST]}, {}) == [OLDER, OLDEST]


def test_going_back_takes_the_release_out_of_the_history(aws: Aws, context: Any) -> None:
    old = {"release": RELEASE, "history": [OLDER, OLDEST]}
    assert history_after(aws, context, old, {"release": OLDER}) == [RELEASE, OLDEST]


def test_history_holds_each_release_once(aws: Aws, context: Any) -> None:
    assert history_after(aws, context, {"history": [OLDEST, OLDER, OLDEST]}, {}) == [OLDER, OLDEST]


def test_a_changed_configuration_of_the_same_release_leaves_the_history(
    aws: Aws, context: Any
) -> None:
    assert history_after(aws, context, {"release": RELEASE, "history": [OLDEST]}, {}) == [OLDEST]


def test_history_keeps_as_many_as_wished(aws: Aws, context: Any) -> None:
    assert history_after(aws, context, {"history": [OLDEST]}, {"keepHistory": 1}) == [OLDER]


def test_read_shows_a_changed_endpoint_as_a_changed_input(aws: Aws, context: Any) -> None:
    described(aws, endpoint(config="by-hand"))
    live = {**OUTPUTS, "endpointConfigName": "config-2", "activeConfigName": "config-2"}
    state = EndpointReleaseHandler().read(context, "penguins", live, INPUTS)
    assert state is not None
    assert state.inputs is not None
    assert state.inputs["endpointConfigName"] == "by-hand"
    assert state.outputs["activeConfigName"] == "by-hand"
    difference = EndpointReleaseHandler().diff(context, "penguins", state.inputs, INPUTS)
    assert difference.changed == {"endpointConfigName": "update"}
    assert not difference.replaces


def test_read_of_an_unchanged_endpoint_changes_nothing(aws: Aws, context: Any) -> None:
    described(aws, endpoint(config="config-1"))
    state = EndpointReleaseHandler().read(context, "penguins", OUTPUTS, INPUTS)
    assert state is not None
    assert state.inputs is None
    assert state.outputs == OUTPUTS


def test_read_of_a_missing_endpoint_says_so(aws: Aws, context: Any) -> None:
    missing(aws)
    assert EndpointReleaseHandler().read(context, "penguins", OUTPUTS, INPUTS) is None


def test_delete_touches_nothing(aws: Aws, context: Any) -> None:
    aws("sagemaker")  # with no answers prepared: any call would fail
    EndpointReleaseHandler().delete(context, "penguins", OUTPUTS)


@pytest.mark.parametrize(("name", "value"), [("bakingSeconds", 3601), ("keepHistory", -1)])
def test_values_that_sagemaker_would_refuse_are_refused_at_once(
    context: Any, name: str, value: int
) -> None:
    _, failures = EndpointReleaseHandler().check(context, {}, {**INPUTS, name: value})
    assert [failure.property for failure in failures] == [name]
