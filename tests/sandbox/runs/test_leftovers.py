"""Leftovers of a killed update, removed through the cloud's own calls."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.aws.runs.leftovers import clear_way
from plugin.handler import ResourceFailedError
from tests.sandbox.aws.sagemaker.calls import ROLE, SageMaker, archive, unique
from tests.sandbox.running import eventually

OURS = {"project": "trimaran", "stack": "dev"}
TAGS = [{"Key": key, "Value": value} for key, value in OURS.items()]
JOB = "aws:sagemaker/trainingJob:TrainingJob"
SLEEPS = "import time\nprint('asleep', flush=True)\ntime.sleep(120)\n"


def test_a_running_job_of_ours_is_gone_and_its_name_free(sagemaker: SageMaker) -> None:
    request = sagemaker.training_request(SLEEPS, Tags=TAGS)
    sagemaker.client.create_training_job(**request)
    name = request["TrainingJobName"]
    eventually(lambda: "asleep" in logged(sagemaker, name))
    clear_way(JOB, {"trainingJobName": name, "tags": OURS})
    with pytest.raises(ClientError, match="not found"):
        sagemaker.client.describe_training_job(TrainingJobName=name)
    sagemaker.train("", name=name)


def logged(sagemaker: SageMaker, name: str) -> list[str]:
    try:
        return sagemaker.log("/aws/sagemaker/TrainingJobs", name)
    except ClientError:
        return []


def test_somebody_elses_job_goes_on(sagemaker: SageMaker) -> None:
    request = sagemaker.training_request("pass", Tags=TAGS)
    sagemaker.client.create_training_job(**request)
    name = request["TrainingJobName"]
    with pytest.raises(ResourceFailedError, match="not this stack's: it has project=trimaran, st"):
        clear_way(JOB, {"trainingJobName": name, "tags": {**OURS, "stack": "prod"}})
    sagemaker.wait_for_training(name)


def test_an_endpoint_its_configuration_and_model_of_ours_go(sagemaker: SageMaker) -> None:
    model = unique("leftover")
    uri = sagemaker.put(f"models/{model}", archive({"label": "leftover"}))
    image = sagemaker.training_request("")["AlgorithmSpecification"]["TrainingImage"]
    sagemaker.client.create_model(
        ModelName=model,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": image, "ModelDataUrl": uri},
        Tags=TAGS,
    )
    config = sagemaker.config(model, Tags=TAGS)
    sagemaker.client.create_endpoint(EndpointName=model, EndpointConfigName=config, Tags=TAGS)
    # The endpoint is still being created: as a killed update leaves it.
    steps: list[tuple[str, str]] = [
        ("aws:sagemaker/endpoint:Endpoint", model),
        ("aws:sagemaker/endpointConfiguration:EndpointConfiguration", config),
        ("aws:sagemaker/model:Model", model),
    ]
    for token, name in steps:
        clear_way(token, {"name": name, "tags": OURS})
    assert sagemaker.gone(model)
    looks: list[tuple[Any, dict[str, str]]] = [
        (sagemaker.client.describe_endpoint_config, {"EndpointConfigName": config}),
        (sagemaker.client.describe_model, {"ModelName": model}),
    ]
    for look, name_of in looks:
        with pytest.raises(ClientError):
            look(**name_of)
