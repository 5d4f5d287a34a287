"""Endpoints that really change over."""

import json
from typing import Any

import pytest

from components.aws.runs.endpoint_release import EndpointReleaseHandler
from plugin.handler import ResourceFailedError
from tests.sandbox.aws.sagemaker.calls import SageMaker
from tests.sandbox.running import eventually
from tests.sandbox.runs.conftest import Operation

VARIANT = "AllTraffic"


def inputs(endpoint: str, config: str, release: str, **more: Any) -> dict[str, Any]:
    return {
        "endpointName": endpoint,
        "endpointConfigName": config,
        "release": {"model_data_url": release},
        "rollbackAlarmNames": [],
        "bakingSeconds": 0,
        "keepHistory": 3,
        **more,
    }


def label(sagemaker: SageMaker, endpoint: str) -> str:
    answer = sagemaker.runtime.invoke_endpoint(
        EndpointName=endpoint, Body=b"[]", ContentType="application/json"
    )
    found: str = json.loads(answer["Body"].read())["label"]
    return found


def count(sagemaker: SageMaker, endpoint: str) -> int:
    described = sagemaker.client.describe_endpoint(EndpointName=endpoint)
    number: int = described["ProductionVariants"][0]["CurrentInstanceCount"]
    return number


def serving(sagemaker: SageMaker, endpoint: str) -> str:
    described = sagemaker.client.describe_endpoint(EndpointName=endpoint)
    name: str = described["EndpointConfigName"]
    return name


def test_a_release_reaches_the_endpoint_and_a_rollback_the_one_before(
    sagemaker: SageMaker, operation: Operation
) -> None:
    handler = EndpointReleaseHandler()
    endpoint = sagemaker.endpoint(sagemaker.model("one"))
    first = inputs(endpoint, serving(sagemaker, endpoint), "one")
    _, outputs = handler.create(operation.context, first)
    second = inputs(endpoint, sagemaker.config(sagemaker.model("two")), "two")
    outputs = {
        **second,
        **handler.update(operation.context, endpoint, {**first, **outputs}, second),
    }
    assert label(sagemaker, endpoint) == "two"
    assert outputs["history"] == [{"model_data_url": "one"}]
    outputs = {**first, **handler.update(operation.context, endpoint, outputs, first)}
    assert label(sagemaker, endpoint) == "one"
    assert outputs["history"] == [{"model_data_url": "two"}]


def test_an_autoscaled_count_survives_the_release(
    sagemaker: SageMaker, operation: Operation
) -> None:
    endpoint = sagemaker.endpoint(sagemaker.model("one"))
    sagemaker.client.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": 2}],
    )
    eventually(lambda: count(sagemaker, endpoint) == 2)
    sagemaker.wait_for_endpoint(endpoint)
    wanted = inputs(endpoint, sagemaker.config(sagemaker.model("two")), "two")
    EndpointReleaseHandler().create(operation.context, wanted)
    assert label(sagemaker, endpoint) == "two"
    assert count(sagemaker, endpoint) == 2


def test_a_newly_declared_count_is_taken_where_nothing_scales(
    sagemaker: SageMaker, operation: Operation
) -> None:
    endpoint = sagemaker.endpoint(sagemaker.model("one"))
    config = sagemaker.config(sagemaker.model("two"), count=2)
    EndpointReleaseHandler().create(operation.context, inputs(endpoint, config, "two"))
    assert count(sagemaker, endpoint) == 2


def test_a_model_that_does_not_load_leaves_the_old_one_serving(
    sagemaker: SageMaker, operation: Operation
) -> None:
    endpoint = sagemaker.endpoint(sagemaker.model("one"))
    config = sagemaker.config(sagemaker.model("broken"))
    with pytest.raises(ResourceFailedError) as failure:
        EndpointReleaseHandler().create(operation.context, inputs(endpoint, config, "broken"))
    text = str(failure.value)
    assert f"endpoint {endpoint} rolled back" in text
    assert "this model cannot be loaded" in text
    assert label(sagemaker, endpoint) == "one"


def test_an_update_under_way_is_waited_for(sagemaker: SageMaker, operation: Operation) -> None:
    endpoint = sagemaker.endpoint(sagemaker.model("one"))
    first = sagemaker.config(sagemaker.model("two"))
    sagemaker.client.update_endpoint(EndpointName=endpoint, EndpointConfigName=first)
    config = sagemaker.config(sagemaker.model("three"))
    EndpointReleaseHandler().create(operation.context, inputs(endpoint, config, "three"))
    assert label(sagemaker, endpoint) == "three"


def test_a_change_by_hand_is_seen_and_a_missing_endpoint_too(
    sagemaker: SageMaker, operation: Operation
) -> None:
    handler = EndpointReleaseHandler()
    endpoint = sagemaker.endpoint(sagemaker.model("one"))
    wanted = inputs(endpoint, serving(sagemaker, endpoint), "one")
    outputs = {**wanted, **handler.create(operation.context, wanted)[1]}
    other = sagemaker.config(sagemaker.model("two"))
    sagemaker.client.update_endpoint(EndpointName=endpoint, EndpointConfigName=other)
    sagemaker.wait_for_endpoint(endpoint)
    state = handler.read(operation.context, endpoint, outputs, wanted)
    assert state is not None
    assert state.inputs is not None
    assert state.inputs["endpointConfigName"] == other
    sagemaker.client.delete_endpoint(EndpointName=endpoint)
    eventually(lambda: sagemaker.gone(endpoint))
    assert handler.read(operation.context, endpoint, outputs, wanted) is None
