"""What a killed run was creating is taken up when it exists, and forgotten when it does not."""

from typing import Any

import boto3
import pytest
from google.auth.exceptions import DefaultCredentialsError
from moto import mock_aws

from tests.unit.declared import declare_both
from tools import pending
from tools.errors import ToolError
from tools.pending import gcp
from tools.pending.existing import Existing

TAGS = {"platform": "trimaran-local", "sensitivity": "data"}


def operation(kind: str, urn: str, token: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "resource": {"urn": urn, "type": token, "inputs": inputs}}


def exported(*operations: dict[str, Any]) -> dict[str, Any]:
    there = [{"urn": "urn:stack", "type": "pulumi:pulumi:Stack"}]
    return {"deployment": {"resources": there, "pending_operations": list(operations)}}


@pytest.fixture(autouse=True)
def _signed_in_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@mock_aws
def test_each_kind_is_found_by_what_was_written_down() -> None:
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
    assert {urn: one.id for urn, one in pending.found(state).items()} == {
        "b": "made",
        "l": "/made/output",
        "r": "made",
        "k": key,
        "t": topic,
        "d": "123456789012:made",
    }


@mock_aws
def test_what_was_never_made_or_is_somebody_elses_is_not_found() -> None:
    boto3.client("logs", "eu-west-1").create_log_group(logGroupName="/made/output-of-another")
    boto3.client("kms", "eu-west-1").create_key(Description="made")
    state = exported(
        operation("creating", "b", "aws:s3/bucket:Bucket", {"bucket": "never"}),
        operation("creating", "l", "aws:cloudwatch/logGroup:LogGroup", {"name": "/made/output"}),
        operation("creating", "k", "aws:kms/key:Key", {"description": "made", "tags": TAGS}),
        operation("creating", "x", "aws:sagemaker/trainingJob:TrainingJob", {}),
    )
    assert pending.found(state) == {}


def test_found_resources_join_the_state_and_the_rest_is_forgotten() -> None:
    state = exported(
        operation("creating", "a", "t", {"name": "a"}),
        operation("creating", "b", "t", {"name": "b"}),
        operation("updating", "c", "t", {"name": "c"}),
    )
    assert pending.take_up(state, {"a": Existing(id="id-of-a", outputs={"more": 1})}) == 1
    deployment = state["deployment"]
    assert [one["urn"] for one in deployment["resources"]] == ["urn:stack", "a"]
    assert deployment["resources"][1]["id"] == "id-of-a"
    assert deployment["resources"][1]["outputs"] == {"name": "a", "more": 1}
    # The refresh that follows looks at what was being updated.
    assert [one["type"] for one in deployment["pending_operations"]] == ["updating"]


def test_a_resource_that_is_in_the_state_already_is_not_taken_twice() -> None:
    state = exported(operation("creating", "urn:stack", "t", {}))
    assert pending.take_up(state, {"urn:stack": Existing(id="x")}) == 0
    assert len(state["deployment"]["resources"]) == 1


def test_all_that_the_gcp_slice_declares_is_found_or_may_be_created_again() -> None:
    everything = {
        "gcp": {
            "ci": {"repository": "acme/ml"},
            "network": {"enabled": True},
            "watch": {"emails": ["a@example.org"]},
            "manages_project": True,
        }
    }
    declared = {one.token for one in declare_both("prod", everything).resources}
    ours = {token for token in declared if token.startswith("gcp:")}
    assert len(ours) > 20
    assert ours <= gcp.FINDERS.keys() | gcp.REPEATABLE


def test_an_older_one_of_the_same_look_is_not_what_was_being_created(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = "gcp:monitoring/alertPolicy:AlertPolicy"
    there = [
        {"name": "projects/p/alertPolicies/1", "displayName": "x", "userLabels": {"a": "b"}},
        {"name": "projects/p/alertPolicies/2", "displayName": "x", "userLabels": {"a": "c"}},
        {"name": "projects/p/alertPolicies/3", "displayName": "x", "userLabels": {"a": "b"}},
    ]
    monkeypatch.setattr(gcp, "_get", lambda *_: {"alertPolicies": there})
    inputs = {"project": "p", "displayName": "x", "userLabels": {"a": "b"}}
    state = exported(operation("creating", "new", token, inputs))
    older = {"urn": "old", "type": token, "id": "projects/p/alertPolicies/1"}
    state["deployment"]["resources"].append(older)
    (found,) = pending.found(state).values()
    assert found == Existing(
        id="projects/p/alertPolicies/3", outputs={"name": "projects/p/alertPolicies/3"}
    )


def test_a_pool_that_is_only_told_as_deleted_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcp, "_get", lambda *_: {"state": "DELETED"})
    inputs = {"project": "p", "workloadIdentityPoolId": "ci"}
    token = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
    assert pending.found(exported(operation("creating", "w", token, inputs))) == {}


def test_a_cloud_that_cannot_be_asked_stops_the_run_before_anything_is_doubled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise DefaultCredentialsError("nobody is signed in")  # type: ignore[no-untyped-call]

    monkeypatch.setattr(gcp, "_get", refuse)
    state = exported(operation("creating", "a::b::raw", "gcp:storage/bucket:Bucket", {"name": "n"}))
    with pytest.raises(ToolError, match=r"raw \(gcp:storage(.|\n)*nobody is signed in"):
        pending.found(state)
