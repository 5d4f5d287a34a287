"""What holds for every resource of the AWS slice, in every stack, in previews and in updates."""

import importlib
import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.declared import Declaration, Declared, declare_aws

STACKS = ("local", "dev", "staging", "prod")
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.fixture(params=[(stack, preview) for stack in STACKS for preview in (False, True)])
def slice_(request: pytest.FixtureRequest, declared: Any) -> Declaration:
    declaration: Declaration = declared(*request.param)
    return declaration


def _class_of(token: str) -> type[Any]:
    """The SDK's class of a token such as ``aws:s3/bucket:Bucket``."""
    _, module, name = token.split(":")
    package = importlib.import_module(f"pulumi_aws.{module.split('/')[0]}")
    found: type[Any] = getattr(package, name)
    return found


def _clouds(declaration: Declaration) -> list[Declared]:
    return [item for item in declaration.resources if item.token.startswith("aws:")]


def _policies(declaration: Declaration) -> Iterator[tuple[Declared, dict[str, Any]]]:
    for resource in declaration.resources:
        for key in ("policy", "assumeRolePolicy"):
            text = resource.inputs.get(key)
            if isinstance(text, str) and text != UNKNOWN:
                for statement in json.loads(text)["Statement"]:
                    yield resource, statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_resource_belongs_to_a_component_and_is_named_after_the_stack(
    slice_: Declaration,
) -> None:
    for resource in slice_.resources:
        assert resource.name.startswith("trimaran-"), resource
        if not resource.token.startswith(("trimaran:aws:", "pulumi:providers:")) or (
            resource.token.endswith(("Run", "Result", "Release"))
        ):
            assert "trimaran:aws:" in resource.parent.rsplit("::", 2)[-2], resource


def test_every_cloud_resource_uses_the_provider_that_is_bound_to_the_account(
    slice_: Declaration,
) -> None:
    provider = slice_.one("pulumi:providers:aws")
    assert json.loads(provider.inputs["allowedAccountIds"])
    for resource in _clouds(slice_):
        assert f"::{provider.name}::" in resource.provider, resource


def test_every_resource_that_can_carry_tags_carries_all_of_them(slice_: Declaration) -> None:
    tagged = 0
    for resource in _clouds(slice_):
        parameters = inspect.signature(_class_of(resource.token)._internal_init).parameters
        if "tags" in parameters:
            tags = resource.inputs["tags"]
            wanted = {
                "project",
                "stack",
                "platform",
                "owner",
                "data-class",
                "purpose",
                "managed-by",
            }
            assert wanted <= tags.keys(), resource
            tagged += 1
    assert tagged > 20


def test_no_statement_allows_everything_to_anybody(slice_: Declaration) -> None:
    seen = 0
    for resource, statement in _policies(slice_):
        seen += 1
        if statement["Effect"] == "Deny":
            continue
        assert statement.get("Principal") != "*", resource
        assert statement.get("Principal", {}).get("AWS") != "*", resource
        actions = _listed(statement["Action"])
        assert "*" not in actions, resource
        if resource.token.startswith("aws:iam"):
            assert not [action for action in actions if action.endswith(":*")], resource
    assert seen > 10


def test_no_managed_policy_is_attached(slice_: Declaration) -> None:
    for resource in slice_.resources:
        assert "AmazonSageMakerFullAccess" not in json.dumps(dict(resource.inputs), default=str)
        assert "managedPolicyArns" not in resource.inputs
    assert slice_.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment") == []


def test_what_a_role_may_do_everywhere_is_only_what_knows_no_resource(
    slice_: Declaration,
) -> None:
    unlimited = {
        "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "ec2:DescribeRouteTables",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeVpcAttribute",
        "logs:DescribeLogGroups",
    }
    for resource, statement in _policies(slice_):
        if resource.token == "aws:iam/rolePolicy:RolePolicy" and statement["Resource"] == ["*"]:
            assert set(statement["Action"]) <= unlimited, statement


def test_a_job_in_the_network_may_read_the_connection_that_places_it(slice_: Declaration) -> None:
    granted = [
        resource
        for resource, statement in _policies(slice_)
        if resource.name.endswith("-prep") and "glue:GetConnection" in statement["Action"]
    ]
    assert len(granted) == len(slice_.of("aws:glue/connection:Connection"))


def test_the_endpoint_goes_before_one_of_its_fixed_name_is_made(slice_: Declaration) -> None:
    assert slice_.one("aws:sagemaker/endpoint:Endpoint").deleted_first
    # These have names of their content and are in use until their successors are.
    assert not slice_.one("aws:sagemaker/model:Model").deleted_first


def test_roles_are_assumed_by_their_service_for_this_account_only(slice_: Declaration) -> None:
    roles = slice_.of("aws:iam/role:Role")
    assert {"prep", "training", "serving"} <= {role.name.rsplit("-", 1)[-1] for role in roles}
    for role in roles:
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert statement["Principal"]["Service"].endswith(".amazonaws.com")
        account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
        assert len(account) == 12


def test_every_bucket_is_locked_in_every_way(slice_: Declaration) -> None:
    buckets = slice_.of("aws:s3/bucket:Bucket")
    assert {bucket.name.rsplit("-", 1)[-1] for bucket in buckets} == {
        "raw",
        "processed",
        "artefacts",
        "logs",
    }
    for bucket in buckets:

        def sibling(kind: str, name: str = bucket.name) -> dict[str, Any]:
            token = f"aws:s3/bucket{kind}:Bucket{kind}"
            return dict(slice_.one(token, name).inputs)

        block = sibling("PublicAccessBlock")
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls"):
            assert block[key] is True
        assert block["restrictPublicBuckets"] is True
        assert sibling("OwnershipControls")["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
        assert sibling("Versioning")["versioningConfiguration"] == {"status": "Enabled"}
        (rule,) = sibling("LifecycleConfiguration")["rules"]
        assert rule["expiration"]["days"] > 0
        assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 1}
        (encryption,) = sibling("ServerSideEncryptionConfiguration")["rules"]
        default = encryption["applyServerSideEncryptionByDefault"]
        is_log = bucket.name.endswith("-logs")
        assert default["sseAlgorithm"] == ("AES256" if is_log else "aws:kms")
        assert encryption["bucketKeyEnabled"] is not is_log


def test_every_bucket_policy_refuses_plain_http(declared: Any) -> None:
    declaration = declared("local", False)
    for policy in declaration.of("aws:s3/bucketPolicy:BucketPolicy"):
        deny = json.loads(policy.inputs["policy"])["Statement"][0]
        assert deny["Effect"] == "Deny"
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert len(deny["Resource"]) == 2


def test_the_log_bucket_gets_the_logs_of_the_others_and_none_of_its_own(
    declared: Any,
) -> None:
    declaration = declared("local", False)
    logging = declaration.of("aws:s3/bucketLogging:BucketLogging")
    assert {item.name.rsplit("-", 1)[-1] for item in logging} == {"raw", "processed", "artefacts"}
    for item in logging:
        assert item.inputs["targetBucket"] == "trimaran-local-logs-bucket"


def test_every_key_rotates_and_has_an_alias(slice_: Declaration) -> None:
    keys = slice_.of("aws:kms/key:Key")
    assert len(keys) == 3
    for key in keys:
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["deletionWindowInDays"] == 30
        assert slice_.one("aws:kms/alias:Alias", key.name).inputs["name"] == f"alias/{key.name}"


def test_services_use_only_the_key_of_operations(declared: Any) -> None:
    for key in declared("local", False).of("aws:kms/key:Key"):
        statements = json.loads(key.inputs["policy"])["Statement"]
        services = [s["Principal"] for s in statements if "Service" in s["Principal"]]
        assert bool(services) is key.name.endswith("-operations")


def test_both_names_that_glue_may_give_to_its_log_groups_are_declared(declared: Any) -> None:
    local = declared("local", False)
    (security,) = local.of("aws:glue/securityConfiguration:SecurityConfiguration")
    groups = {group.inputs["name"] for group in local.of("aws:cloudwatch/logGroup:LogGroup")}
    for part in ("output", "error"):
        base = f"/aws-glue/trimaran-local/{part}"
        assert {base, f"{base}-{security.inputs['name']}"} <= groups


def test_log_groups_are_encrypted_and_expire(slice_: Declaration) -> None:
    groups = slice_.of("aws:cloudwatch/logGroup:LogGroup")
    assert len(groups) >= 3
    for group in groups:
        assert group.inputs["retentionInDays"] == 365
        assert group.inputs["kmsKeyId"]


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_with_a_network_every_job_model_and_endpoint_sits_in_it(declared: Any, stack: str) -> None:
    declaration = declared(stack, False)
    wanted = {
        "securityGroupIds": [f"trimaran-{stack}-jobs-id"],
        "subnets": [f"trimaran-{stack}-0-id", f"trimaran-{stack}-1-id"],
    }
    training = declaration.one("aws:sagemaker/trainingJob:TrainingJob")
    assert training.inputs["vpcConfig"] == wanted
    assert declaration.one("aws:sagemaker/model:Model").inputs["vpcConfig"] == wanted
    connection = declaration.one("aws:glue/connection:Connection")
    assert connection.inputs["connectionType"] == "NETWORK"
    assert len(declaration.one("aws:glue/job:Job").inputs["connections"]) == 1


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_without_a_network_there_is_nothing_of_it(declared: Any, stack: str) -> None:
    tokens = {resource.token for resource in declared(stack, False).resources}
    assert not [token for token in tokens if token.startswith(("aws:ec2", "aws:vpc"))]


def test_the_network_has_no_way_to_the_internet(declared: Any) -> None:
    declaration = declared("prod", False)
    tokens = {resource.token for resource in declaration.resources}
    assert not [t for t in tokens if "internetGateway" in t or "natGateway" in t or "eip" in t]
    for subnet in declaration.of("aws:ec2/subnet:Subnet"):
        assert subnet.inputs["mapPublicIpOnLaunch"] is False
    for rule in declaration.of("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"):
        assert "cidrIpv4" not in rule.inputs
    group = declaration.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert not group.inputs.get("ingress")
    assert not group.inputs.get("egress")
    services = {
        endpoint.inputs["serviceName"].split(".", 3)[3]
        for endpoint in declaration.of("aws:ec2/vpcEndpoint:VpcEndpoint")
    }
    assert {"s3", "kms", "logs", "sagemaker.api", "glue", "athena"} <= services


def test_a_training_job_is_isolated_and_encrypted(slice_: Declaration) -> None:
    job = slice_.one("aws:sagemaker/trainingJob:TrainingJob")
    assert job.inputs["enableNetworkIsolation"] is True
    assert job.inputs["resourceConfig"]["volumeKmsKeyId"]
    assert job.inputs["outputDataConfig"]["kmsKeyId"]
    channels = {channel["channelName"] for channel in job.inputs["inputDataConfigs"]}
    assert channels == {"train", "validation", "test", "statistics", "code"}


def test_traffic_between_several_instances_is_encrypted() -> None:
    machines = {"aws": {"training": {"instance_count": 2}}}
    job = declare_aws("dev", machines).one("aws:sagemaker/trainingJob:TrainingJob")
    assert job.inputs["enableInterContainerTrafficEncryption"] is True


def test_a_gpu_with_local_storage_gets_no_volume_key() -> None:
    gpu = {"aws": {"training": {"instance_type": "ml.g5.xlarge"}}}
    job = declare_aws("dev", gpu).one("aws:sagemaker/trainingJob:TrainingJob")
    assert "volumeKmsKeyId" not in job.inputs["resourceConfig"]


def test_spot_training_waits_as_long_as_configured_and_keeps_checkpoints(declared: Any) -> None:
    job = declared("dev", False).one("aws:sagemaker/trainingJob:TrainingJob")
    assert job.inputs["enableManagedSpotTraining"] is True
    assert job.inputs["stoppingCondition"] == {
        "maxRuntimeInSeconds": 3600,
        "maxWaitTimeInSeconds": 7200,
    }
    assert job.inputs["checkpointConfig"]["s3Uri"].endswith("/training/checkpoints")


def test_a_job_gets_a_new_name_when_and_only_when_its_content_changes(declared: Any) -> None:
    token = "aws:sagemaker/trainingJob:TrainingJob"

    def name(changes: dict[str, Any]) -> str:
        return str(declare_aws("local", changes).one(token).inputs["trainingJobName"])

    same = declared("local", False).one(token).inputs["trainingJobName"]
    assert name({}) == same
    others = [
        name({"training": {"epochs": 41}}),
        name({"training": {"learning_rate": 0.06}}),
        name({"training": {"batch_size": 64}}),
        name({"aws": {"training": {"instance_type": "ml.m5.xlarge"}}}),
        name({"aws": {"training": {"image_tag": "1.4-2-cpu-py3"}}}),
    ]
    assert len({same, *others}) == 6
    assert len(same) <= 63
    # The gate's bar is no part of the job: lowering it must not train again.
    assert name({"training": {"min_accuracy": 0.5}}) == same


def test_what_is_named_from_its_content_goes_after_its_successor_came(declared: Any) -> None:
    for kind in ("model:Model", "endpointConfiguration:EndpointConfiguration"):
        assert declared("local", False).one(f"aws:sagemaker/{kind}").replaced_after_create
    assert (
        declared("local", False).one("aws:sagemaker/trainingJob:TrainingJob").replaced_after_create
    )


def test_tuning_takes_the_place_of_training_with_the_configured_space() -> None:
    declaration = declare_aws("dev", {"tuning": {"enabled": True}})
    assert declaration.of("aws:sagemaker/trainingJob:TrainingJob") == []
    token = "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob"
    tuning = declaration.one(token)
    assert len(tuning.inputs["name"]) <= 32
    config = tuning.inputs["config"]
    assert config["objective"] == {"metricName": "validation:accuracy", "type": "Maximize"}
    assert config["resourceLimits"] == {
        "maxNumberOfTrainingJobs": 20,
        "maxParallelTrainingJobs": 2,
    }
    ranges = config["parameterRanges"]
    assert ranges["continuousParameterRanges"] == [
        {
            "name": "learning_rate",
            "minValue": "0.001",
            "maxValue": "0.1",
            "scalingType": "Logarithmic",
        }
    ]
    assert ranges["categoricalParameterRanges"] == [
        {"name": "batch_size", "values": ["32", "64", "128"]}
    ]
    static = tuning.inputs["trainingJobDefinition"]["staticHyperParameters"]
    assert static["epochs"] == "10"
    assert not {"learning_rate", "batch_size"} & static.keys()
    result = declaration.one("trimaran:aws:TrainingResult")
    assert result.inputs["tuningJobName"] == tuning.inputs["name"]


def test_serving_trusts_the_digest_that_the_stack_computed(declared: Any) -> None:
    model = declared("local", False).one("aws:sagemaker/model:Model")
    container = model.inputs["primaryContainer"]
    assert container["environment"]["MODEL_SHA256"] == "ab" * 32
    assert model.inputs["enableNetworkIsolation"] is True


def test_nothing_is_served_before_the_gate_is_passed(declared: Any) -> None:
    model = declared("local", False).one("aws:sagemaker/model:Model")
    assert any("QualityGate" in urn for urn in model.depends_on)


def test_the_endpoint_leaves_the_change_of_models_to_its_release(declared: Any) -> None:
    declaration = declared("local", False)
    endpoint = declaration.one("aws:sagemaker/endpoint:Endpoint")
    assert endpoint.ignored == {"endpointConfigName"}
    release = declaration.one("trimaran:aws:EndpointRelease")
    configuration = declaration.one("aws:sagemaker/endpointConfiguration:EndpointConfiguration")
    assert release.inputs["endpointConfigName"] == configuration.inputs["name"]
    assert release.inputs["rollbackAlarmNames"] == [
        "trimaran-local-errors",
        "trimaran-local-latency",
    ]


def test_a_new_model_is_watched_before_the_old_one_goes(declared: Any) -> None:
    release = declared("prod", False).one("trimaran:aws:EndpointRelease")
    assert release.inputs["bakingSeconds"] == 300
    assert declared("local", False).one(release.token).inputs["bakingSeconds"] == 0


def test_the_sample_runs_on_one_m4_xlarge(declared: Any) -> None:
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    (variant,) = declared("local", False).one(token).inputs["productionVariants"]
    assert (variant["instanceType"], variant["initialInstanceCount"]) == ("ml.m4.xlarge", 1)


def test_captured_requests_are_encrypted_with_the_key_of_the_data(declared: Any) -> None:
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    capture = declared("local", False).one(token).inputs["dataCaptureConfig"]
    assert capture["kmsKeyId"].endswith("-data")
    assert "-processed-bucket/captured" in capture["destinationS3Uri"]


def test_a_serverless_variant_has_no_instances_and_no_scaling() -> None:
    serverless = {"autoscaling": None, "capture_percent": 0, "serverless": {"memory_mb": 1024}}
    declaration = declare_aws("local", {"aws": {"serving": serverless}})
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    (variant,) = declaration.one(token).inputs["productionVariants"]
    assert variant["serverlessConfig"] == {"memorySizeInMb": 1024, "maxConcurrency": 5}
    assert "instanceType" not in variant
    assert declaration.of("aws:appautoscaling/target:Target") == []
    # The cloud refuses both for serverless variants.
    assert "dataCaptureConfig" not in declaration.one(token).inputs
    assert declaration.one("aws:sagemaker/model:Model").inputs["enableNetworkIsolation"] is False


def test_scaling_schedules_keep_the_bounds_that_they_set(declared: Any) -> None:
    prod = declared("prod", False)
    target = prod.one("aws:appautoscaling/target:Target")
    assert target.ignored == {"minCapacity", "maxCapacity"}
    actions = prod.of("aws:appautoscaling/scheduledAction:ScheduledAction")
    found = {
        action.name: (
            action.inputs["schedule"],
            action.inputs["timezone"],
            action.inputs["scalableTargetAction"],
        )
        for action in actions
    }
    assert found == {
        "trimaran-prod-off-2000": (
            "cron(0 20 ? * MON,TUE,WED,THU,FRI *)",
            "UTC",
            {"minCapacity": 1, "maxCapacity": 2},
        ),
        "trimaran-prod-on-0600": (
            "cron(0 6 ? * MON,TUE,WED,THU,FRI *)",
            "UTC",
            {"minCapacity": 2, "maxCapacity": 6},
        ),
    }
    local = declared("local", False).one("aws:appautoscaling/target:Target")
    assert local.ignored == frozenset()


def test_the_idle_alarm_takes_silence_for_idleness(declared: Any) -> None:
    alarm = declared("local", False).one(
        "aws:cloudwatch/metricAlarm:MetricAlarm", "trimaran-local-idle"
    )
    assert alarm.inputs["treatMissingData"] == "breaching"
    assert alarm.inputs["evaluationPeriods"] * alarm.inputs["period"] == 3 * 24 * 3600


def test_an_idle_endpoint_shrinks_where_the_settings_say_so(declared: Any) -> None:
    token, alarm = "aws:appautoscaling/policy:Policy", "aws:cloudwatch/metricAlarm:MetricAlarm"
    assert len(declared("local", False).of(token)) == 1
    watch = {"idle_action": "scale-to-minimum", "idle_days": 2}
    declaration = declare_aws("local", {"aws": {"watch": watch}})
    policy = declaration.one(token, "trimaran-local-idle")
    assert policy.inputs["policyType"] == "StepScaling"
    step = policy.inputs["stepScalingPolicyConfiguration"]
    assert step["adjustmentType"] == "ExactCapacity"
    assert step["stepAdjustments"] == [{"metricIntervalUpperBound": "0", "scalingAdjustment": 1}]
    action = declaration.one(alarm, "trimaran-local-idle-action")
    told = declaration.one(alarm, "trimaran-local-idle")
    same = ("metricName", "dimensions", "period", "evaluationPeriods", "treatMissingData")
    assert {key: action.inputs[key] for key in same} == {key: told.inputs[key] for key in same}
    assert action.inputs["evaluationPeriods"] == 2
    (arn,) = action.inputs["alarmActions"]
    assert arn.endswith("trimaran-local-idle")
    assert arn not in told.inputs["alarmActions"]


def test_what_is_bought_for_years_is_bought_once_and_stays() -> None:
    token = "aws:savingsplans/savingsPlan:SavingsPlan"
    assert declare_aws("prod").of(token) == []
    commitment = {
        "offering_id": "01234567-89ab-4cde-8fff-0123456789ab",
        "usd_per_hour": 0.5,
        "begins": "2099-01-01",
        "ends": "2100-01-01",
        "term_years": 1,
        "acknowledged": "it cannot be taken back",
    }
    changes = {"aws": {"manages_account": True, "commitment": commitment}}
    plan = declare_aws("dev", changes).one(token)
    assert plan.protect
    assert plan.retained
    assert plan.inputs["commitment"] == "0.5000"
    assert plan.inputs["purchaseTime"] == "2099-01-01T00:00:00Z"
    assert plan.inputs["savingsPlanOfferingId"] == commitment["offering_id"]
    assert "upfrontPaymentAmount" not in plan.inputs
    assert plan.inputs["tags"]["owner"] == "ml-platform"


def test_the_budget_tells_at_each_share_and_at_the_forecast(declared: Any) -> None:
    budget = declared("dev", False).one("aws:budgets/budget:Budget")
    assert budget.inputs["limitAmount"] == "100.00"
    alerts = [(n["notificationType"], n["threshold"]) for n in budget.inputs["notifications"]]
    assert alerts == [("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]


def test_what_exists_once_per_account_is_declared_only_where_the_stack_manages_it() -> None:
    token = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
    assert declare_aws("dev").of(token) == []
    managing = declare_aws("dev", {"aws": {"manages_account": True}})
    assert len(managing.of(token)) == 1
    names = {group.inputs["name"] for group in managing.of("aws:cloudwatch/logGroup:LogGroup")}
    assert "/aws/sagemaker/TrainingJobs" in names


def test_protected_data_survives_a_destroy(declared: Any) -> None:
    prod = declared("prod", False)
    for token in ("aws:s3/bucket:Bucket", "aws:kms/key:Key"):
        assert all(resource.protect for resource in prod.of(token))
    assert not any(bucket.inputs["forceDestroy"] for bucket in prod.of("aws:s3/bucket:Bucket"))
    assert prod.one("aws:sagemaker/trainingJob:TrainingJob").retained
    local = declared("local", False)
    assert all(bucket.inputs["forceDestroy"] for bucket in local.of("aws:s3/bucket:Bucket"))


def test_a_pinned_release_is_served_instead_of_the_newest_model() -> None:
    release = {
        "model_data_url": "s3://artefacts/training/job-7/output/model.tar.gz",
        "model_sha256": "cd" * 32,
    }
    declaration = declare_aws("local", {"aws": {"serving": {"release": release}}})
    container = declaration.one("aws:sagemaker/model:Model").inputs["primaryContainer"]
    assert container["modelDataUrl"] == release["model_data_url"]
    assert container["environment"]["MODEL_SHA256"] == release["model_sha256"]
    released = declaration.one("trimaran:aws:EndpointRelease").inputs["release"]
    assert released["training_job"] == "job-7"


def test_the_raw_table_has_the_columns_of_its_file_and_one_owner(declared: Any) -> None:
    local = declared("local", False)
    table = local.one("aws:glue/catalogTable:CatalogTable")
    columns = [column["name"] for column in table.inputs["storageDescriptor"]["columns"]]
    assert columns[0] == "species"
    assert len(columns) == 8
    crawler = local.one("aws:glue/crawler:Crawler")
    assert crawler.inputs["schemaChangePolicy"] == {
        "deleteBehavior": "LOG",
        "updateBehavior": "LOG",
    }


def test_the_exports_name_what_a_user_looks_for(declared: Any) -> None:
    exports = declared("local", False).exports
    assert exports["endpoint_name"] == "trimaran-local"
    assert {"raw", "processed", "artefacts", "logs"} == exports["buckets"].keys()


TRAIL = "aws:cloudtrail/trail:Trail"


@pytest.mark.parametrize(
    ("stack", "count"), [("local", 0), ("dev", 0), ("staging", 1), ("prod", 1)]
)
def test_reads_and_writes_of_objects_are_recorded_where_the_data_is_real(
    declared: Any, stack: str, count: int
) -> None:
    assert len(declared(stack, False).of(TRAIL)) == count


def test_the_trail_watches_the_lake_and_not_its_own_log_bucket(declared: Any) -> None:
    trail = declared("prod", False).one(TRAIL).inputs
    (selector,) = trail["eventSelectors"]
    assert selector["readWriteType"] == "All"
    (objects,) = selector["dataResources"]
    assert objects["values"] == [
        f"arn:aws:s3:::trimaran-prod-{zone}-bucket/" for zone in ("raw", "processed", "artefacts")
    ]
    assert trail["s3BucketName"] == "trimaran-prod-logs-bucket"
    assert trail["kmsKeyId"].endswith("trimaran-prod-operations")
    for switch in ("enableLogFileValidation", "enableLogging", "isMultiRegionTrail"):
        assert trail[switch] is True
    assert trail["cloudWatchLogsGroupArn"].endswith(":*")


def test_bucket_and_key_know_that_trail_and_no_other(declared: Any) -> None:
    prod = declared("prod", False)
    arn = f"arn:aws:cloudtrail:us-east-1:000000000000:trail/{prod.one(TRAIL).inputs['name']}"
    bucket = prod.one("aws:s3/bucketPolicy:BucketPolicy", "trimaran-prod-logs")
    key = prod.one("aws:kms/key:Key", "trimaran-prod-operations")
    trusted = 0
    for holder in (bucket, key):
        for statement in json.loads(holder.inputs["policy"])["Statement"]:
            if "cloudtrail.amazonaws.com" in str(statement["Principal"]):
                assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == arn
                trusted += 1
    assert trusted == 4
    dev = declared("dev", False)
    assert "cloudtrail" not in json.dumps(
        [dict(item.inputs) for item in dev.resources], default=str
    )
