"""What single tokens do as the cloud would."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from plugin.values import ASSET_SIGNATURE, SIGNATURE_KEY
from sandbox.aws.plugin import schema
from tests.sandbox.plugin.stub import Engine, OperationFailedError
from tests.sandbox.plugin.world import ACCOUNT, IMAGE, World, policy, trust

BUCKET = "aws:s3/bucket:Bucket"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
ROLE = "aws:iam/role:Role"
TRAINING = "aws:sagemaker/trainingJob:TrainingJob"


def test_the_version_is_the_sdks(engine: Engine) -> None:
    assert engine.info() == schema.sdk_version()


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (BUCKET, {"bucket": "plugin-twice"}),
        (ROLE, {"name": "plugin-twice", "assumeRolePolicy": trust()}),
        ("aws:iam/policy:Policy", {"name": "plugin-twice", "policy": policy()}),
        ("aws:kms/alias:Alias", {"name": "alias/plugin-twice"}),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "plugin-twice"}),
        ("aws:glue/catalogDatabase:CatalogDatabase", {"name": "plugin_twice"}),
        ("aws:athena/workgroup:Workgroup", {"name": "plugin-twice"}),
        (
            "aws:sagemaker/model:Model",
            {
                "name": "plugin-twice",
                "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/x",
                "primaryContainer": {"image": IMAGE, "modelDataUrl": "s3://b/k.tar.gz"},
            },
        ),
    ],
)
def test_a_second_creation_of_a_name_is_refused(
    engine: Engine, boto: Any, token: str, inputs: dict[str, Any]
) -> None:
    if token.endswith("Alias"):
        inputs = {**inputs, "targetKeyId": boto("kms").create_key()["KeyMetadata"]["KeyId"]}
    first = engine.create(token, "first", inputs)
    try:
        with pytest.raises(OperationFailedError, match=r"(?i)exist|already"):
            engine.create(token, "second", inputs)
    finally:
        engine.delete(first)


def test_a_bucket_with_objects_stays_unless_it_may_be_emptied(engine: Engine, boto: Any) -> None:
    kept = engine.create(BUCKET, "full", {"tags": {"a": "b"}})
    boto("s3").put_bucket_versioning(Bucket=kept.id, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        boto("s3").put_object(Bucket=kept.id, Key="k", Body=body)
    boto("s3").delete_object(Bucket=kept.id, Key="k")
    with pytest.raises(OperationFailedError, match="BucketNotEmpty"):
        engine.delete(kept)
    emptied = engine.update(kept, {"forceDestroy": True})
    engine.delete(emptied)
    assert engine.read(emptied) is None


def test_a_change_of_tags_by_hand_shows_in_a_refresh(engine: Engine, boto: Any) -> None:
    live = engine.create(BUCKET, "tagged", {"tags": {"a": "b"}})
    boto("s3").put_bucket_tagging(
        Bucket=live.id, Tagging={"TagSet": [{"Key": "a", "Value": "changed"}]}
    )
    found = engine.read(live)
    assert found is not None
    assert found.inputs["tags"] == {"a": "changed"}
    assert engine.diff(found, live.inputs).diffs == ["tags"]
    engine.delete(live)


def test_default_tags_are_in_the_cloud_and_in_the_outputs(plugin_port: int, boto: Any) -> None:
    tagging = json.dumps({"tags": {"stack": "test", "owner": "all"}})
    engine = Engine(plugin_port, defaultTags=tagging)
    live = engine.create(BUCKET, "defaulted", {"tags": {"owner": "one"}})
    assert live.outputs["tagsAll"] == {"stack": "test", "owner": "one"}
    told = boto("s3").get_bucket_tagging(Bucket=live.id)["TagSet"]
    assert {item["Key"]: item["Value"] for item in told} == live.outputs["tagsAll"]
    engine.delete(live)
    engine.close()


def test_two_providers_of_one_server_keep_their_regions(engine: Engine, plugin_port: int) -> None:
    west = Engine(plugin_port, region="eu-west-1")
    for driver, region in ((west, "eu-west-1"), (engine, "us-east-1")):
        live = driver.create("aws:sns/topic:Topic", "where", {})
        assert live.outputs["region"] == region
        assert f":{region}:" in live.outputs["arn"]
        driver.delete(live)
    west.close()


def test_a_policy_written_otherwise_is_no_change(engine: Engine) -> None:
    live = engine.create(ROLE, "worded", {"assumeRolePolicy": trust()})
    other = json.dumps(json.loads(trust()), indent=4)
    checked = engine.check(ROLE, "worded", {"assumeRolePolicy": other}, live.inputs)
    assert not engine.diff(live, checked.inputs).changed
    engine.delete(live)


def test_a_removed_default_name_is_kept_and_a_removed_own_name_replaces(engine: Engine) -> None:
    named = engine.create(BUCKET, "named", {"bucket": "plugin-own-name"})
    automatic = engine.check(BUCKET, "named", {}, named.inputs)
    assert engine.diff(named, automatic.inputs).replaces == ["bucket"]
    engine.delete(named)


def test_deleting_a_key_schedules_its_deletion(engine: Engine, boto: Any) -> None:
    live = engine.create("aws:kms/key:Key", "key", {"deletionWindowInDays": 7})
    engine.delete(live)
    found = boto("kms").describe_key(KeyId=live.id)["KeyMetadata"]
    assert found["KeyState"] == "PendingDeletion"
    assert engine.read(live) is None


def test_a_new_content_is_a_new_version_and_a_new_tag_is_not(
    engine: Engine, world: World, boto: Any
) -> None:
    boto("s3").put_bucket_versioning(
        Bucket=world.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    place = {"bucket": world.bucket, "key": "versions.txt"}
    live = engine.create(OBJECT, "o", {**place, "content": "one"})
    tagged = engine.update(live, {**place, "content": "one", "tags": {"a": "b"}})
    assert tagged.outputs["versionId"] == live.outputs["versionId"]
    changed = engine.update(tagged, {**place, "content": "two", "tags": {"a": "b"}})
    assert changed.outputs["versionId"] != live.outputs["versionId"]
    assert changed.outputs["tags"] == {"a": "b"}
    engine.delete(changed)
    left = boto("s3").list_object_versions(Bucket=world.bucket, Prefix="versions.txt")
    assert "Versions" not in left
    assert "DeleteMarkers" not in left
    assert engine.read(changed) is None


def test_the_same_file_elsewhere_is_no_change(engine: Engine, world: World, tmp_path: Path) -> None:
    def asset(directory: str) -> dict[str, Any]:
        path = tmp_path / directory / "file.txt"
        path.parent.mkdir()
        path.write_text("content")
        return {SIGNATURE_KEY: ASSET_SIGNATURE, "path": str(path), "hash": "h"}

    inputs = {"bucket": world.bucket, "key": "file.txt", "source": asset("one")}
    live = engine.create(OBJECT, "file", inputs)
    moved = engine.check(OBJECT, "file", {**inputs, "source": asset("two")}, live.inputs)
    assert not engine.diff(live, moved.inputs).changed
    engine.delete(live)


def test_a_relative_asset_is_found_where_the_engine_runs(
    engine: Engine, plugin_port: int, world: World, tmp_path: Path, boto: Any
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x")
    (tmp_path / "beside.txt").write_text("beside the program")
    (tmp_path / "below").mkdir()
    source = {SIGNATURE_KEY: ASSET_SIGNATURE, "path": "beside.txt"}
    inputs = {"bucket": world.bucket, "key": "b.txt", "source": source}
    # Another process plays the engine, for a provider in its directory needs no search.
    program = f"from stub import Engine; Engine({plugin_port}).create({OBJECT!r}, 'b', {inputs!r})"
    stub = Path(__file__).parent
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=tmp_path / "below",
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(stub), str(stub.parents[2])])},
    )
    found = boto("s3").get_object(Bucket=world.bucket, Key="b.txt")["Body"].read()
    assert found == b"beside the program"
    imported = engine.load(OBJECT, "b", f"{world.bucket}/b.txt")
    assert imported is not None
    engine.delete(imported)


def test_an_endpoint_that_fails_is_kept_so_that_it_can_be_deleted(
    engine: Engine, world: World, boto: Any
) -> None:
    sagemaker = boto("sagemaker")
    boto("s3").put_object(Bucket=world.bucket, Key="broken.tar.gz", Body=b"no archive")
    image = {"Image": IMAGE, "ModelDataUrl": f"s3://{world.bucket}/broken.tar.gz"}
    sagemaker.create_model(
        ModelName="plugin-broken",
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/x",
        PrimaryContainer=image,
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName="plugin-broken",
        ProductionVariants=[
            {
                "VariantName": "v",
                "ModelName": "plugin-broken",
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    )
    with pytest.raises(OperationFailedError, match="is Failed instead of InService") as caught:
        engine.create(ENDPOINT, "broken", {"endpointConfigName": "plugin-broken"})
    partial = caught.value.partial
    assert partial is not None
    assert partial.outputs["arn"].endswith(f":endpoint/{partial.id}")
    engine.delete(partial)
    assert engine.read(partial) is None


def test_a_plain_change_of_configuration_forgets_the_scaled_count(
    engine: Engine, world: World, boto: Any
) -> None:
    # As with the real provider, which cannot retain variant properties.
    one, two = world.endpoint_configs
    live = engine.create(ENDPOINT, "scaled", {"endpointConfigName": one})
    sagemaker = boto("sagemaker")

    def count() -> int:
        found = sagemaker.describe_endpoint(EndpointName=live.id)["ProductionVariants"]
        return int(found[0]["DesiredInstanceCount"])

    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=live.id,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}],
    )
    waiter = sagemaker.get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=live.id, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert count() == 2
    updated = engine.update(live, {"endpointConfigName": two})
    assert updated.outputs["endpointConfigName"] == two
    assert count() == 1
    engine.delete(updated)


TRAINING_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"resourceConfig": {"instanceType": "ml.m5.huge"}}, "resourceConfig.instanceType", "near"),
    (
        {"resourceConfig": {"instanceType": "ml.g5.xlarge", "volumeKmsKeyId": "k"}},
        "resourceConfig.volumeKmsKeyId",
        "NVMe",
    ),
    (
        {
            "enableManagedSpotTraining": True,
            "stoppingCondition": {"maxRuntimeInSeconds": 9, "maxWaitTimeInSeconds": 8},
        },
        "stoppingCondition.maxWaitTimeInSeconds",
        "less than",
    ),
    ({"trainingJobName": "no_underscores"}, "trainingJobName", "letters, digits and hyphens"),
    ({"debugHookConfig": {"s3OutputPath": "s3://b/k"}}, "debugHookConfig", "not supported"),
]

FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    *((TRAINING, *fault) for fault in TRAINING_FAULTS),
    (BUCKET, {"bucket": "Upper"}, "bucket", "lower-case"),
    (BUCKET, {"bucket": "ab"}, "bucket", "3 to 63"),
    (BUCKET, {"versioning": {"enabled": True}}, "versioning", "use aws.s3.BucketVersioning"),
    ("aws:kms/key:Key", {"deletionWindowInDays": 5}, "deletionWindowInDays", "between 7 and 30"),
    ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 8}, "retentionInDays", "allowed"),
    ("aws:glue/job:Job", {"workerType": "G.3X"}, "workerType", "WorkerType"),
    (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", "invalid JSON"),
    (ROLE, {"assumeRolePolicy": "{}"}, "assumeRolePolicy", "no Statement"),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", {"statistic": "Mean"}, "statistic", "Statistic"),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", {"period": 45}, "period", "multiple of 60"),
    (
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {"period": 3600, "evaluationPeriods": 169},
        "evaluationPeriods",
        "longer than",
    ),
]


@pytest.mark.parametrize(("token", "change", "where", "reason"), FAULTS)
def test_a_value_the_cloud_would_refuse_is_refused_before(
    engine: Engine, world: World, token: str, change: Mapping[str, Any], where: str, reason: str
) -> None:
    sound = _small(token)
    assert engine.check(token, "sound", sound).failures == []
    failures = engine.check(token, "bad", {**sound, **change}).failures
    assert [place for place, _ in failures] == [where]
    assert reason in failures[0][1]


def _small(token: str) -> dict[str, Any]:
    """The least inputs of a token."""
    role = f"arn:aws:iam::{ACCOUNT}:role/x"
    least: dict[str, dict[str, Any]] = {
        TRAINING: {"trainingJobName": "small", "roleArn": role},
        BUCKET: {},
        "aws:kms/key:Key": {},
        "aws:cloudwatch/logGroup:LogGroup": {},
        "aws:glue/job:Job": {"roleArn": role, "command": {"scriptLocation": "s3://b/k.py"}},
        ROLE: {"assumeRolePolicy": trust()},
        "aws:cloudwatch/metricAlarm:MetricAlarm": {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
        },
    }
    return least[token]


def test_the_functions_answer(engine: Engine) -> None:
    assert engine.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == ACCOUNT
    assert engine.invoke("aws:index/getRegion:getRegion")["region"] == "us-east-1"
    partition = engine.invoke("aws:index/getPartition:getPartition")
    assert (partition["partition"], partition["dnsSuffix"]) == ("aws", "amazonaws.com")
    zones = engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available")
    assert zones["names"][:2] == ["us-east-1a", "us-east-1b"]


def test_an_image_is_told_from_the_sdks_data(engine: Engine) -> None:
    image = engine.invoke(
        "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage",
        repositoryName="sagemaker-scikit-learn",
        imageTag="1.9-0-cpu-py3",
        region="eu-central-1",
    )
    expected = "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn"
    assert image["registryPath"] == f"{expected}:1.9-0-cpu-py3"
    with pytest.raises(OperationFailedError, match="no registry ID available for region mars"):
        engine.invoke(
            "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage",
            repositoryName="sagemaker-scikit-learn",
            region="mars",
        )


def test_a_policy_document_is_put_together(engine: Engine) -> None:
    document = engine.invoke(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[
            {
                "sid": "Read",
                "actions": ["s3:GetObject"],
                "resources": ["arn:aws:s3:::b/*"],
                "principals": [{"type": "Service", "identifiers": ["glue.amazonaws.com"]}],
                "conditions": [
                    {"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]}
                ],
            }
        ],
    )
    assert json.loads(document["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::b/*",
                "Principal": {"Service": "glue.amazonaws.com"},
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
        ],
    }


def test_an_unsupported_function_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(OperationFailedError, match="aws:ec2/getAmi:getAmi is not supported"):
        engine.invoke("aws:ec2/getAmi:getAmi")
