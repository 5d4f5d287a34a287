"""What a killed update left goes when it is ours, and stays when it is not."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from botocore.stub import Stubber

from components.aws.runs.leftovers import KINDS, clear_way, leftover_hooks
from plugin.handler import ResourceFailedError

from .conftest import NOW, REGION

Aws = Callable[[str], Stubber]
TAGS = {"project": "trimaran", "stack": "dev", "owner": "team"}
JOB = "aws:sagemaker/trainingJob:TrainingJob"
MODEL = "aws:sagemaker/model:Model"
ARN = f"arn:aws:sagemaker:{REGION}:123456789012:training-job/train-1"


def job(status: str) -> dict[str, Any]:
    return {
        "TrainingJobName": "train-1",
        "TrainingJobArn": ARN,
        "TrainingJobStatus": status,
        "SecondaryStatus": status,
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"},
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 1, "InstanceType": "ml.m5.large"},
        "StoppingCondition": {},
        "CreationTime": NOW,
    }


def found(aws: Aws, *states: str) -> None:
    for status in states:
        aws("sagemaker").add_response(
            "describe_training_job", job(status), {"TrainingJobName": "train-1"}
        )


def gone(aws: Aws) -> None:
    aws("sagemaker").add_client_error(
        "describe_training_job", "ValidationException", "Requested resource not found."
    )


def tagged(aws: Aws, **tags: str) -> None:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    aws("sagemaker").add_response("list_tags", {"Tags": listed}, {"ResourceArn": ARN})


def clear(name: str = "train-1", **more: Any) -> list[float]:
    pauses: list[float] = []
    inputs = {"trainingJobName": name, "region": REGION, "tags": TAGS, **more}
    clear_way(JOB, inputs, pauses.append)
    return pauses


def asked(aws: Aws, operation: str) -> None:
    aws("sagemaker").add_response(operation, {}, {"TrainingJobName": "train-1"})


def test_nothing_in_the_way_costs_one_look(aws: Aws) -> None:
    gone(aws)
    assert clear() == []


def test_our_running_job_is_stopped_then_deleted_then_waited_for(aws: Aws) -> None:
    found(aws, "InProgress")
    tagged(aws, project="trimaran", stack="dev")
    found(aws, "InProgress")
    asked(aws, "stop_training_job")
    found(aws, "Stopping", "Stopped")
    asked(aws, "delete_training_job")
    found(aws, "Deleting")
    gone(aws)
    assert len(clear()) == 2  # while stopping, and while being deleted


def test_our_finished_job_is_deleted(aws: Aws) -> None:
    found(aws, "Completed")
    tagged(aws, project="trimaran", stack="dev")
    found(aws, "Completed")
    asked(aws, "delete_training_job")
    gone(aws)
    assert clear() == []


@pytest.mark.parametrize(
    "tags",
    [{}, {"project": "trimaran"}, {"project": "trimaran", "stack": "prod"}, {"stack": "dev"}],
    ids=["none", "no stack", "other stack", "no project"],
)
def test_what_is_not_ours_stays_and_is_named(aws: Aws, tags: dict[str, str]) -> None:
    found(aws, "Completed")
    tagged(aws, **tags)
    with pytest.raises(ResourceFailedError, match=r"training job train-1 exists already and is "):
        clear()


def test_a_resource_declared_without_owner_tags_claims_nothing(aws: Aws) -> None:
    found(aws, "Completed")
    tagged(aws, owner="team")
    with pytest.raises(ResourceFailedError, match="left alone"):
        clear(tags={"owner": "team"})


def test_a_job_that_ended_between_look_and_request_is_looked_at_again(aws: Aws) -> None:
    found(aws, "InProgress")
    tagged(aws, project="trimaran", stack="dev")
    found(aws, "InProgress")
    aws("sagemaker").add_client_error(
        "stop_training_job", "ValidationException", "The request was rejected: job is Completed"
    )
    found(aws, "Completed")
    asked(aws, "delete_training_job")
    gone(aws)
    clear()


def test_lack_of_permission_is_not_taken_for_absence(aws: Aws) -> None:
    aws("sagemaker").add_client_error(
        "describe_training_job", "AccessDeniedException", "job not found"
    )
    with pytest.raises(ResourceFailedError, match=r"training job train-1: DescribeTrainingJob"):
        clear()


def test_an_endpoint_under_way_is_waited_for_before_it_is_deleted(aws: Aws) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/live"

    def endpoint(status: str) -> None:
        aws("sagemaker").add_response(
            "describe_endpoint",
            {
                "EndpointName": "live",
                "EndpointArn": arn,
                "EndpointConfigName": "c",
                "EndpointStatus": status,
                "CreationTime": NOW,
                "LastModifiedTime": NOW,
            },
        )

    endpoint("Creating")
    listed = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    aws("sagemaker").add_response("list_tags", {"Tags": listed}, {"ResourceArn": arn})
    endpoint("Creating")
    endpoint("InService")
    aws("sagemaker").add_response("delete_endpoint", {}, {"EndpointName": "live"})
    aws("sagemaker").add_client_error(
        "describe_endpoint", "ValidationException", 'Could not find endpoint "live".'
    )
    pauses: list[float] = []
    clear_way(
        "aws:sagemaker/endpoint:Endpoint",
        {"name": "live", "region": REGION, "tags": TAGS},
        pauses.append,
    )
    assert len(pauses) == 1


@pytest.mark.parametrize("token", [MODEL, "aws:s3/bucket:Bucket"])
def test_a_name_that_the_provider_chooses_is_never_in_the_way(aws: Aws, token: str) -> None:
    aws("sagemaker")  # with no answers prepared: any call would fail
    clear_way(token, {"region": REGION, "tags": TAGS})


@pytest.mark.parametrize("token", KINDS)
def test_every_kind_names_operations_and_inputs_that_exist(aws: Aws, token: str) -> None:
    import pulumi_aws
    from botocore import xform_name

    kind = KINDS[token]
    client: Any = aws("sagemaker").client
    model = client.meta.service_model
    by_method = {xform_name(name): name for name in model.operation_names}
    for method in filter(None, (kind.describe, kind.delete, kind.stop)):
        shape = model.operation_model(by_method[method]).input_shape
        assert shape.required_members == [kind.name_parameter]
    answer = model.operation_model(by_method[kind.describe]).output_shape
    assert kind.arn in answer.members
    if kind.status:
        states = set(answer.members[kind.status].enum)
        assert kind.busy <= states
        assert not kind.running or kind.running in kind.busy
    noun = getattr(pulumi_aws.sagemaker, token.rsplit(":", 1)[-1])
    assert noun.pulumi_type == token
    python_name = {"trainingJobName": "training_job_name"}.get(kind.name_input, kind.name_input)
    assert isinstance(getattr(noun, python_name), property)


def test_the_hook_runs_before_creation_only() -> None:
    binding = leftover_hooks()
    assert binding.before_create is not None
    assert len(binding.before_create) == 1
    others = ("after_create", "before_update", "after_update", "before_delete", "after_delete")
    assert not any(getattr(binding, name) for name in others)


def test_the_hook_hands_on_type_and_inputs(aws: Aws) -> None:
    gone(aws)
    hook: Any = (leftover_hooks().before_create or [])[0]
    inputs = {"trainingJobName": "train-1", "region": REGION, "tags": TAGS}
    args = pulumi.ResourceHookArgs(urn="u", id="", name="n", type=JOB, new_inputs=inputs)
    asyncio.run(hook(args))
