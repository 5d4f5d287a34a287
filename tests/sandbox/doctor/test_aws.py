"""The pre-flight of AWS, and the sandbox's own refusals, which say the same."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalogue.quotas import of_sagemaker
from tests.sandbox.running import RunningSandbox
from tests.unit.tools.doctor.cases import case, only, planned, state_with, statuses
from tools.doctor.aws import identity, names, opt_in, quotas
from tools.doctor.finding import Status

TRAINING = "ml.m5.4xlarge"  # of no other test
HOSTING = "ml.m5.12xlarge"
GROUP = "aws:cloudwatch/logGroup:LogGroup"


def limit(sandbox: RunningSandbox, name: str, value: float) -> str:
    """Sets a quota as its owner does; returns its code."""
    client = sandbox.client("service-quotas")
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    (code,) = [q["QuotaCode"] for page in pages for q in page["Quotas"] if q["QuotaName"] == name]
    client.request_service_quota_increase(
        ServiceCode="sagemaker", QuotaCode=code, DesiredValue=value
    )
    quota = client.get_service_quota(ServiceCode="sagemaker", QuotaCode=code)["Quota"]
    assert (quota["QuotaName"], quota["Value"]) == (name, value)
    return str(code)


def test_the_account_of_the_credentials_is_compared_with_the_settings(
    reached: RunningSandbox,
) -> None:
    assert statuses([*identity.check(case())]) == {"OK"}
    (found,) = identity.check(case({"aws.account_id": "210987654321"}))
    assert found.status is Status.FAIL
    assert "123456789012" in found.thing
    assert "AWS_PROFILE" in found.remedy


def test_a_region_is_on_or_says_how_to_switch_it_on(reached: RunningSandbox) -> None:
    (found,) = opt_in.check(case())
    assert found.status is Status.OK
    (off,) = opt_in.check(case({"aws.region": "af-south-1"}))
    answer = reached.client("ec2").describe_regions(RegionNames=["af-south-1"], AllRegions=True)
    is_off = answer["Regions"][0]["OptInStatus"] == "not-opted-in"
    assert (off.status is Status.FAIL) == is_off
    assert is_off == ("enable-region --region-name af-south-1" in off.remedy)


def test_a_quota_below_what_up_needs_fails_and_the_service_refuses_with_the_same_figure(
    reached: RunningSandbox,
) -> None:
    wanted = case(
        {
            "aws.training.instance_type": TRAINING,
            "aws.training.instance_count": 3,
            "aws.serving.instance_type": HOSTING,
        }
    )
    assert statuses([*quotas.check(wanted)]) == {"OK"}
    name = of_sagemaker(TRAINING, "training")
    code = limit(reached, name, 2)
    found = only([*quotas.check(wanted)], Status.FAIL)
    assert f"{name}: 3 wanted, the limit is 2" in found.thing
    assert f"--quota-code {code}" in found.remedy
    assert "--desired-value 3" in found.remedy
    with pytest.raises(ClientError, match="ResourceLimitExceeded") as refused:
        train(reached, count=3)
    assert f"'{name}' is 2 Instances" in str(refused.value)
    limit(reached, name, 3)
    assert statuses([*quotas.check(wanted)]) == {"OK"}


def test_a_search_needs_instances_for_all_its_parallel_trials(reached: RunningSandbox) -> None:
    kind = "ml.c5.18xlarge"
    limit(reached, of_sagemaker(kind, "training_preemptible"), 3)
    changes: dict[str, Any] = {
        "aws.training.instance_type": kind,
        "aws.training.spot.enabled": True,
        "tuning.enabled": True,
        "tuning.parallel_trials": 4,
    }
    found = only([*quotas.check(case(changes))], Status.FAIL)
    assert "4 wanted, the limit is 3" in found.thing


def test_an_endpoint_that_fits_once_but_not_beside_its_next_release_is_a_warning(
    reached: RunningSandbox,
) -> None:
    limit(reached, of_sagemaker(HOSTING, "serving"), 5)
    changes = {
        "aws.serving.instance_type": HOSTING,
        "aws.serving.instance_count": 2,
        "aws.serving.autoscaling.max_instances": 3,
    }
    found = only([*quotas.check(case(changes))], Status.WARN)
    assert "2 of 5" in found.thing
    assert "not for 6" in found.thing
    limit(reached, of_sagemaker(HOSTING, "serving"), 1)
    assert only([*quotas.check(case(changes))], Status.FAIL)
    sagemaker = reached.client("sagemaker")
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        deploy(sagemaker, count=2)


def test_a_name_that_somebody_else_has_fails_and_the_stacks_own_does_not(
    reached: RunningSandbox,
) -> None:
    group = f"/doctor/{uuid.uuid4().hex[:8]}"
    plan = [
        planned(GROUP, "aws", name=group),
        planned("aws:glue/catalogDatabase:CatalogDatabase", "aws", name="doctor_none"),
        planned("aws:athena/workgroup:Workgroup", "aws", name="doctor-none"),
        planned("aws:glue/securityConfiguration:SecurityConfiguration", "aws", name="doctor-none"),
        planned("aws:kms/alias:Alias", "aws", name="alias/doctor-none"),
        planned("aws:s3/bucket:Bucket", "aws", bucket="made-up", __defaults=["bucket"]),
    ]
    (found,) = names.check(case(plan=plan))
    assert found.thing.startswith("5 names")
    logs = reached.client("logs")
    logs.create_log_group(logGroupName=group)
    try:
        found = only([*names.check(case(plan=plan))], Status.FAIL)
        assert group in found.thing
        assert f"pulumi import -s local {GROUP} one {group}" in found.remedy
        own = state_with(GROUP, group, name=group)
        assert statuses([*names.check(case(plan=plan, state=own))]) == {"OK"}
        unknown = case(plan=plan, problem="not signed in")
        assert "own" in only([*names.check(unknown)], Status.WARN).remedy
    finally:
        logs.delete_log_group(logGroupName=group)


def train(sandbox: RunningSandbox, *, count: int) -> None:
    sandbox.client("sagemaker").create_training_job(
        TrainingJobName=f"doctor-{uuid.uuid4().hex[:8]}",
        AlgorithmSpecification={
            "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1",
            "TrainingInputMode": "File",
        },
        RoleArn="arn:aws:iam::123456789012:role/doctor-none",
        OutputDataConfig={"S3OutputPath": "s3://doctor-none/output"},
        ResourceConfig={"InstanceType": TRAINING, "InstanceCount": count, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )


def deploy(sagemaker: Any, *, count: int) -> None:
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    sagemaker.create_model(
        ModelName=name,
        PrimaryContainer={"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/none:1"},
        ExecutionRoleArn="arn:aws:iam::123456789012:role/doctor-none",
    )
    variant = {"VariantName": "all", "ModelName": name, "InstanceType": HOSTING}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[{**variant, "InitialInstanceCount": count}]
    )
    try:
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    finally:
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        sagemaker.delete_model(ModelName=name)
