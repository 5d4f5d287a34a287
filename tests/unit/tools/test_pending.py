"""What a killed run was creating is taken up when it exists, and forgotten when it does not."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools import pending

TAGS = {"platform": "trimaran-local", "sensitivity": "data"}


def operation(kind: str, urn: str, token: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "resource": {"urn": urn, "type": token, "inputs": inputs}}


def exported(*operations: dict[str, Any]) -> dict[str, Any]:
    there = [{"urn": "urn:stack", "type": "pulumi:pulumi:Stack"}]
    return {"deployment": {"resources": there, "pending_operations": list(operations)}}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return {"AWS_REGION": "eu-west-1"}


@mock_aws
def test_each_kind_is_found_by_what_was_written_down(environ: dict[str, str]) -> None:
    boto3.client("s3", "us-east-1").create_bucket(Bucket="made")
    logs = boto3.client("logs", "eu-west-1")
    logs.create_log_group(logGroupName="/made/output")
    iam = boto3.client("iam", "us-east-1")
    iam.create_role(RoleName="made", AssumeRolePolicyDocument="{}")
    key = boto3.client("kms", "eu-west-1").create_key(
        Description="made", Tags=[{"TagKey": k, "TagValue": v} for k, v in TAGS.items()]
    )["KeyMetadata"]["KeyId"]
    topic = boto3.client("sns", "eu-west-1").create_topic(Name="made")["TopicArn"]
    boto3.client("glue", "eu-west-1").create_database(DatabaseInput={"Name": "made"})
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        ("b", "aws:s3/bucket:Bucket", {"bucket": "made"}),
        ("l", "aws:cloudwatch/logGroup:LogGroup", {"name": "/made/output"}),
        ("r", "aws:iam/role:Role", {"name": "made"}),
        ("k", "aws:kms/key:Key", {"description": "made", "tags": TAGS}),
        ("t", "aws:sns/topic:Topic", {"name": "made"}),
        ("d", "aws:glue/catalogDatabase:CatalogDatabase", {"name": "made"}),
    ]
    state = exported(*(operation("creating", *item) for item in wanted))
    assert pending.found(state, environ) == {
        "b": "made",
        "l": "/made/output",
        "r": "made",
        "k": key,
        "t": topic,
        "d": "123456789012:made",
    }


@mock_aws
def test_what_was_never_made_or_is_somebody_elses_is_not_found(environ: dict[str, str]) -> None:
    boto3.client("logs", "eu-west-1").create_log_group(logGroupName="/made/output-of-another")
    boto3.client("kms", "eu-west-1").create_key(Description="made")
    state = exported(
        operation("creating", "b", "aws:s3/bucket:Bucket", {"bucket": "never"}),
        operation("creating", "l", "aws:cloudwatch/logGroup:LogGroup", {"name": "/made/output"}),
        operation("creating", "k", "aws:kms/key:Key", {"description": "made", "tags": TAGS}),
        operation("creating", "x", "aws:sagemaker/trainingJob:TrainingJob", {}),
    )
    assert pending.found(state, environ) == {}


def test_found_resources_join_the_state_and_the_rest_is_forgotten() -> None:
    state = exported(
        operation("creating", "a", "t", {"name": "a"}),
        operation("creating", "b", "t", {"name": "b"}),
        operation("updating", "c", "t", {"name": "c"}),
    )
    assert pending.take_up(state, {"a": "id-of-a"}) == 1
    deployment = state["deployment"]
    assert [one["urn"] for one in deployment["resources"]] == ["urn:stack", "a"]
    assert deployment["resources"][1]["id"] == "id-of-a"
    # The refresh that follows looks at what was being updated.
    assert [one["type"] for one in deployment["pending_operations"]] == ["updating"]


def test_a_resource_that_is_in_the_state_already_is_not_taken_twice() -> None:
    state = exported(operation("creating", "urn:stack", "t", {}))
    assert pending.take_up(state, {"urn:stack": "x"}) == 0
    assert len(state["deployment"]["resources"]) == 1
