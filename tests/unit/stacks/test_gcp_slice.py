"""What holds for every resource of the GCP slice, in every stack, in previews and in updates."""

import base64
import importlib
import inspect
import json
import string
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from components.packaging import ROOT, file_sha256
from tests.unit.declared import (
    Declaration,
    Declared,
    configuration,
    declare_both,
    declare_gcp,
    settings_of,
)

STACKS = ("local", "dev", "staging", "prod")
Declare = Callable[..., Declaration]


@pytest.fixture(scope="session")
def declared_gcp() -> Declare:
    @cache
    def declare(stack: str, preview: bool = False) -> Declaration:
        return declare_gcp(stack, preview=preview)

    return declare


@pytest.fixture(params=[(stack, preview) for stack in STACKS for preview in (False, True)])
def slice_(request: pytest.FixtureRequest, declared_gcp: Declare) -> Declaration:
    return declared_gcp(*request.param)


def _class_of(token: str) -> type[Any]:
    _, module, name = token.split(":")
    found: type[Any] = getattr(importlib.import_module(f"pulumi_gcp.{module.split('/')[0]}"), name)
    return found


def _clouds(declaration: Declaration) -> list[Declared]:
    return [item for item in declaration.resources if item.token.startswith("gcp:")]


def test_every_resource_belongs_to_a_component_and_is_named_after_the_stack(
    slice_: Declaration,
) -> None:
    components = 0
    for resource in slice_.resources:
        assert resource.name.startswith("trimaran-"), resource
        if resource.token.startswith("gcp:"):
            assert "trimaran:gcp:" in resource.parent.rsplit("::", 2)[-2], resource
        components += resource.token.startswith("trimaran:gcp:")
    assert components > 10


def test_apis_are_on_before_anything_else_is_touched(slice_: Declaration) -> None:
    services = {item.name for item in slice_.of("gcp:projects/service:Service")}
    (later,) = [
        item for item in slice_.of("pulumi:providers:gcp") if not item.name.endswith("-set-up")
    ]
    waits_for = {urn.rsplit("::", 1)[-1] for urn in later.depends_on}
    assert services == waits_for
    for resource in _clouds(slice_):
        early = resource.token.startswith(("gcp:projects/service",))
        assert resource.provider.split("::")[-2] == (
            f"{later.name}-set-up" if early else later.name
        ), resource


def test_apis_stay_on_when_the_stack_goes(slice_: Declaration) -> None:
    for service in slice_.of("gcp:projects/service:Service"):
        assert service.inputs["disableOnDestroy"] is False


def test_every_resource_that_can_carry_labels_carries_all_of_them(slice_: Declaration) -> None:
    labelled = 0
    for resource in _clouds(slice_):
        parameters = inspect.signature(_class_of(resource.token)._internal_init).parameters
        # A channel's own `labels` are its address.
        key = "userLabels" if "user_labels" in parameters else "labels"
        if {"labels", "user_labels"} & set(parameters):
            wanted = {
                "project",
                "stack",
                "platform",
                "owner",
                "data-class",
                "purpose",
                "managed-by",
            }
            labels = resource.inputs[key]
            assert wanted <= labels.keys(), resource
            for text in (*labels, *labels.values()):
                assert len(text) <= 63
                assert not set(text) - set(string.ascii_lowercase + string.digits + "_-"), text
            labelled += 1
    assert labelled >= 8


def test_every_bucket_is_locked_in_every_way(slice_: Declaration) -> None:
    buckets = slice_.of("gcp:storage/bucket:Bucket")
    zones = {bucket.name.rsplit("-", 1)[-1] for bucket in buckets}
    assert zones == {"raw", "processed", "artefacts", "logs"}
    for bucket in buckets:
        inputs = bucket.inputs
        assert inputs["uniformBucketLevelAccess"] is True
        assert inputs["publicAccessPrevention"] == "enforced"
        assert inputs["softDeletePolicy"]["retentionDurationSeconds"] >= 7 * 86400
        assert inputs["encryption"]["defaultKmsKeyName"]
        kinds = [rule["action"]["type"] for rule in inputs["lifecycleRules"]]
        assert kinds == ["Delete", "Delete", "AbortIncompleteMultipartUpload"]
        is_log = bucket.name.endswith("-logs")
        assert ("logging" in inputs) is not is_log
        assert ("versioning" in inputs) is not ("retentionPolicy" in inputs)


def test_logs_are_locked_where_data_is_protected_only(declared_gcp: Declare) -> None:
    def logs(stack: str) -> Declared:
        return declared_gcp(stack).one("gcp:storage/bucket:Bucket", f"trimaran-{stack}-logs")

    assert logs("prod").inputs["retentionPolicy"]["isLocked"] is True
    assert logs("prod").protect
    assert not logs("prod").inputs["forceDestroy"]
    assert "retentionPolicy" not in logs("local").inputs
    assert logs("local").inputs["forceDestroy"] is True


def test_every_key_rotates_within_90_days_and_is_used_by_agents_only(
    slice_: Declaration,
) -> None:
    keys = slice_.of("gcp:kms/cryptoKey:CryptoKey")
    assert len(keys) == 3
    for key in keys:
        assert 0 < int(key.inputs["rotationPeriod"].removesuffix("s")) <= 90 * 86400
        assert "name" not in key.inputs  # it could never be used again
    for grant in slice_.of("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"):
        assert grant.inputs["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        agent = grant.name.rsplit("-", 1)[-1]
        assert agent in {"aiplatform", "dataflow", "compute", "storage"}
        if "-operations-" in grant.name:
            assert agent == "storage"


def test_an_existing_key_ring_is_adopted_instead_of_making_one() -> None:
    ring = "projects/p/locations/us-central1/keyRings/shared"
    declaration = declare_gcp("local", {"gcp": {"keys": {"key_ring": ring}}})
    assert declaration.of("gcp:kms/keyRing:KeyRing") == []
    keys = declaration.of("gcp:kms/cryptoKey:CryptoKey")
    assert {key.inputs["keyRing"] for key in keys} == {ring}


def test_accounts_have_no_keys_and_no_broad_roles(slice_: Declaration) -> None:
    assert slice_.of("gcp:serviceaccount/key:Key") == []
    on_project = {item.inputs["role"] for item in slice_.of("gcp:projects/iAMMember:IAMMember")}
    assert on_project == {
        "roles/dataflow.worker",
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
    }
    roles = {
        item.inputs["role"] for item in slice_.of("gcp:storage/bucketIAMMember:BucketIAMMember")
    }
    assert "roles/storage.admin" not in roles
    assert "roles/storage.objectAdmin" not in roles
    everything = json.dumps([dict(item.inputs) for item in _clouds(slice_)], default=str)
    assert "allUsers" not in everything
    assert "allAuthenticatedUsers" not in everything


def test_serving_reads_artefacts_and_nothing_else(declared_gcp: Declare) -> None:
    grants = declared_gcp("local").of("gcp:storage/bucketIAMMember:BucketIAMMember")
    serving = [item for item in grants if "-serving-" in item.name]
    assert [(g.inputs["bucket"], g.inputs["role"]) for g in serving] == [
        ("trimaran-local-artefacts-bucket", "roles/storage.objectViewer")
    ]


def test_ci_is_trusted_for_one_branch_of_one_repository() -> None:
    declaration = declare_gcp("dev", {"gcp": {"ci": {"repository": "acme/models"}}})
    provider = declaration.one("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider")
    condition = provider.inputs["attributeCondition"]
    assert 'assertion.repository == "acme/models"' in condition
    assert 'assertion.ref == "refs/heads/main"' in condition
    member = declaration.one(
        "gcp:serviceaccount/iAMMember:IAMMember", "trimaran-dev-ci-federation"
    ).inputs["member"]
    assert member.endswith("/attribute.repository/acme/models")
    assert declaration.exports["ci"]["provider"]


def _job(declaration: Declaration) -> dict[str, Any]:
    return dict(declaration.one("trimaran:gcp:CustomJob").inputs)


def test_a_job_is_named_by_everything_that_makes_it_what_it_is() -> None:
    def name(changes: dict[str, Any]) -> str:
        return str(_job(declare_gcp("dev", changes))["name"])

    same = name({})
    others = [
        name({"training": {"epochs": 41}}),
        name({"data": {"seed": 7}}),
        name({"gcp": {"training": {"machine_type": "n1-standard-8"}}}),
        name({"gcp": {"training": {"spot": False}}}),
    ]
    assert len({same, *others}) == 5
    # The gate's bar is no part of the job: lowering it must not train again.
    assert name({"training": {"min_accuracy": 0.5}}) == same


def test_training_runs_the_package_in_googles_image_with_the_servings_version(
    declared_gcp: Declare,
) -> None:
    local = declared_gcp("local")
    (pool,) = _job(local)["spec"]["workerPoolSpecs"]
    package = pool["pythonPackageSpec"]
    assert package["pythonModule"] == "trimaran_training.task"
    version = package["executorImageUri"].rsplit("sklearn-cpu.", 1)[-1]
    serving = local.one("trimaran:gcp:Model").inputs["image"]
    assert serving.rsplit("sklearn-cpu.", 1)[-1] == version


def test_the_tuning_figures_of_the_mission_arrive_exactly() -> None:
    container = {"image": "gcr.io/my-project/my-training-image", "command": ["python", "train.py"]}
    declaration = declare_gcp(
        "dev",
        {"tuning": {"enabled": True}, "gcp": {"training": {"container": container, "spot": False}}},
    )
    job = declaration.one("trimaran:gcp:TuningJob").inputs
    assert (job["maxTrialCount"], job["parallelTrialCount"]) == (20, 2)
    assert job["studySpec"]["metrics"] == [{"metricId": "accuracy", "goal": "MAXIMIZE"}]
    assert job["studySpec"]["parameters"] == [
        {
            "parameterId": "learning_rate",
            "doubleValueSpec": {"minValue": 0.001, "maxValue": 0.1},
            "scaleType": "UNIT_LOG_SCALE",
        },
        {
            "parameterId": "batch_size",
            "discreteValueSpec": {"values": [32, 64, 128]},
            "scaleType": "UNIT_LINEAR_SCALE",
        },
    ]
    (pool,) = job["trialJobSpec"]["workerPoolSpecs"]
    assert pool["machineSpec"] == {"machineType": "n1-standard-4"}
    assert pool["replicaCount"] == 1
    assert pool["containerSpec"]["imageUri"] == "gcr.io/my-project/my-training-image"
    assert pool["containerSpec"]["command"] == ["python", "train.py"]
    arguments = pool["containerSpec"]["args"]
    assert "--epochs=10" in arguments
    assert not [item for item in arguments if "learning_rate" in item or "batch_size" in item]
    # The model that is served is trained with what the best trial had.
    (trained,) = _job(declaration)["spec"]["workerPoolSpecs"]
    best = {"--learning_rate=0.0123", "--batch_size=64", "--epochs=10"}
    assert best <= set(trained["containerSpec"]["args"])


def test_several_replicas_are_one_primary_and_the_rest() -> None:
    declaration = declare_gcp("dev", {"gcp": {"training": {"replica_count": 3}}})
    pools = _job(declaration)["spec"]["workerPoolSpecs"]
    assert [pool["replicaCount"] for pool in pools] == [1, 2]


def test_off_hours_change_the_bounds_of_the_replicas(declared_gcp: Declare) -> None:
    prod = declared_gcp("prod")
    jobs = {job.name: job.inputs for job in prod.of("gcp:cloudscheduler/job:Job")}
    assert set(jobs) == {"trimaran-prod-off-2000", "trimaran-prod-on-0600"}
    for name, (schedule, least, most) in {
        "trimaran-prod-off-2000": ("0 20 * * 1,2,3,4,5", 1, 2),
        "trimaran-prod-on-0600": ("0 6 * * 1,2,3,4,5", 2, 6),
    }.items():
        inputs, target = jobs[name], jobs[name]["httpTarget"]
        assert (inputs["schedule"], inputs["timeZone"]) == (schedule, "UTC")
        assert target["uri"].startswith(
            "https://us-central1-aiplatform.googleapis.com/v1/projects/"
        )
        assert target["uri"].endswith(":mutateDeployedModel")
        sent = json.loads(base64.b64decode(target["body"]))
        bounds = {"minReplicaCount": least, "maxReplicaCount": most}
        assert sent["deployedModel"]["dedicatedResources"] == bounds
        assert sent["updateMask"].split(",") == [f"dedicatedResources.{key}" for key in bounds]
        assert target["oauthToken"]["serviceAccountEmail"]
    services = {item.inputs["service"] for item in prod.of("gcp:projects/service:Service")}
    assert "cloudscheduler.googleapis.com" in services
    assert declared_gcp("dev").of("gcp:cloudscheduler/job:Job") == []


def test_what_changes_the_replicas_may_do_nothing_else(declared_gcp: Declare) -> None:
    prod = declared_gcp("prod")
    role = prod.one("gcp:projects/iAMCustomRole:IAMCustomRole")
    assert role.inputs["permissions"] == ["aiplatform.endpoints.deploy"]
    assert role.inputs["roleId"] == "trimaran_prod_hours"
    grant = prod.one("gcp:vertex/aiEndpointIamMember:AiEndpointIamMember")
    assert grant.inputs["endpoint"] == prod.one("gcp:vertex/aiEndpoint:AiEndpoint").inputs["name"]
    assert "hours" in grant.inputs["member"]
    for member in prod.of("gcp:projects/iAMMember:IAMMember"):
        assert member.inputs["member"] != grant.inputs["member"]


@pytest.mark.parametrize(("policy", "own", "spot"), [
    ("jobs", None, True), ("jobs", False, False), ("never", None, False), ("never", True, True),
])  # fmt: skip
def test_the_stacks_spot_policy_holds_where_the_cloud_says_nothing_else(
    policy: str, own: bool | None, spot: bool
) -> None:
    changes: dict[str, Any] = {"spot": policy, "gcp": {"training": {"spot": own}}}
    job = declare_gcp("dev", changes).one("trimaran:gcp:CustomJob")
    assert job.inputs["spec"]["scheduling"]["strategy"] == ("SPOT" if spot else "ON_DEMAND")


def test_spot_training_restarts_where_it_was_interrupted(declared_gcp: Declare) -> None:
    scheduling = _job(declared_gcp("dev"))["spec"]["scheduling"]
    assert scheduling["strategy"] == "SPOT"
    assert scheduling["restartJobOnWorkerRestart"] is True
    assert _job(declared_gcp("prod"))["spec"]["scheduling"]["strategy"] == "ON_DEMAND"


def test_everything_of_a_job_is_encrypted_with_the_stacks_keys(slice_: Declaration) -> None:
    assert _job(slice_)["kmsKeyName"]
    assert slice_.one("trimaran:gcp:Model").inputs["kmsKeyName"]
    endpoint = slice_.one("gcp:vertex/aiEndpoint:AiEndpoint")
    assert endpoint.inputs["encryptionSpec"]["kmsKeyName"]


def test_dataflow_workers_are_private_encrypted_and_limited(declared_gcp: Declare) -> None:
    options = declared_gcp("prod").one("trimaran:gcp:DataflowRun").inputs["options"]
    assert options["--no_use_public_ips"] == ""
    assert options["--dataflow_kms_key"].endswith("-model-id")
    assert options["--max_num_workers"] == "4"
    assert options["--subnetwork"].startswith("regions/us-central1/subnetworks/")
    assert options["--service_account_email"] == "trimaran-prod-prep@gcp.example"


def test_a_local_runner_gets_the_same_pipeline_without_dataflows_options(
    declared_gcp: Declare,
) -> None:
    local = declared_gcp("local").one("trimaran:gcp:DataflowRun").inputs
    prod = declared_gcp("prod").one("trimaran:gcp:DataflowRun").inputs
    assert local["runner"] == "FnApiRunner"
    assert "options" not in local
    assert local["trigger"] == prod["trigger"]


def test_serving_trusts_the_digest_that_the_stack_computed(declared_gcp: Declare) -> None:
    model = declared_gcp("local").one("trimaran:gcp:Model")
    environment = model.inputs["environment"]
    assert environment["MODEL_SHA256"] == "ab" * 32
    assert any("QualityGate" in urn for urn in model.depends_on)


def test_the_web_server_comes_with_the_model_checked_by_digest(declared_gcp: Declare) -> None:
    local = declared_gcp("local")
    environment = local.one("trimaran:gcp:Model").inputs["environment"]
    uploaded = local.one("gcp:storage/bucketObject:BucketObject", "trimaran-local-serving")
    digest = environment["SERVING_LIBRARIES_SHA256"]
    assert digest == file_sha256(ROOT / uploaded.inputs["source"].path)
    # In the bucket that the serving account may read.
    assert environment["SERVING_LIBRARIES_URI"] == (
        f"gs://trimaran-local-artefacts-bucket/code/{digest[:12]}/libraries.zip"
    )
    command = local.one("trimaran:gcp:Model").inputs["command"]
    assert command[:2] == ["python3", "-c"]
    compile(command[2], "command", "exec")


def test_a_pinned_release_is_served_instead_of_the_newest_model() -> None:
    release = {"model_data_url": "gs://a/training/job-7/model/", "model_sha256": "cd" * 32}
    declaration = declare_gcp("local", {"gcp": {"serving": {"release": release}}})
    model = declaration.one("trimaran:gcp:Model").inputs
    assert model["artifactUri"] == release["model_data_url"]
    assert model["environment"]["MODEL_SHA256"] == release["model_sha256"]
    assert declaration.one("trimaran:gcp:Deployment").inputs["release"]["training_job"] == "job-7"


def test_automl_is_off_until_it_is_asked_for(slice_: Declaration) -> None:
    assert slice_.of("trimaran:gcp:AutomlJob") == []
    assert "automl" not in slice_.exports


@pytest.mark.parametrize("preview", [False, True])
def test_automl_searches_the_raw_table_and_is_shown_beside_the_trained_model(
    preview: bool,
) -> None:
    changes = {"gcp": {"automl": {"budget_node_hours": 1.5, "early_stopping": False}}}
    declaration = declare_gcp("local", changes, preview=preview)
    dataset = declaration.one("trimaran:gcp:TabularDataset").inputs
    job = declaration.one("trimaran:gcp:AutomlJob").inputs
    assert job["budgetMilliNodeHours"] == 1500
    assert job["earlyStopping"] is False
    assert set(job["columns"].values()) == {"numeric"}
    assert job["targetColumn"] == "species"
    assert job["split"]["fractionSplit"]["testFraction"] == pytest.approx(0.15)
    assert set(declaration.exports["automl"]) == {"model", "evaluation"}
    # Its answers have another form than those that the endpoint's clients know.
    assert "automl" not in declaration.one("trimaran:gcp:Model").inputs["modelId"]
    if not preview:
        assert dataset["uris"] == ["gs://trimaran-local-raw-bucket/penguins/penguins.csv"]
        assert dataset["kmsKeyName"] == "trimaran-local-data-id"
        assert job["kmsKeyName"] == "trimaran-local-model-id"
        assert declaration.exports["evaluation"] == {"accuracy": 0.97}


def test_an_automl_search_is_named_by_what_it_is() -> None:
    def names(automl: dict[str, Any]) -> tuple[str, str]:
        declaration = declare_gcp("local", {"gcp": {"automl": automl}})
        tokens = ("trimaran:gcp:TabularDataset", "trimaran:gcp:AutomlJob")
        table, job = (str(declaration.one(token).inputs["name"]) for token in tokens)
        return table, job

    first = names({})
    assert names({}) == first
    table, job = names({"budget_node_hours": 2})
    assert table == first[0]
    assert job != first[1]
    split = declare_gcp("local", {"gcp": {"automl": {"split_column": "part"}}})
    assert split.one("trimaran:gcp:AutomlJob").inputs["split"] == {
        "predefinedSplit": {"key": "part"}
    }


def test_monitoring_is_off_until_it_is_asked_for(slice_: Declaration) -> None:
    assert slice_.of("trimaran:gcp:ModelMonitoring") == []
    assert "monitoring" not in slice_.exports


@pytest.mark.parametrize("preview", [False, True])
def test_monitoring_compares_requests_with_the_raw_table_and_rings_where_alerts_do(
    preview: bool,
) -> None:
    changes = {
        "gcp": {
            "watch": {"emails": ["a@example.com", "b@example.com"]},
            "monitoring": {
                "skew_threshold": 0.2,
                "feature_thresholds": {"body_mass_g": 0.05},
                "sample_percent": 25,
                "interval_hours": 6,
            },
        }
    }
    declaration = declare_gcp("local", changes, preview=preview)
    job = declaration.one("trimaran:gcp:ModelMonitoring").inputs
    assert job["skewThresholds"]["bill_length_mm"] == 0.2
    assert job["driftThresholds"]["bill_length_mm"] == 0.3
    assert job["skewThresholds"]["body_mass_g"] == job["driftThresholds"]["body_mass_g"] == 0.05
    assert (job["sampleRate"], job["intervalHours"]) == (0.25, 6)
    assert len(job["notificationChannels"]) == 2
    assert declaration.exports["monitoring"] is not None
    apis = {item.inputs["service"] for item in declaration.of("gcp:projects/service:Service")}
    assert "bigquery.googleapis.com" in apis
    schema = declaration.one(
        "gcp:storage/bucketObject:BucketObject", "trimaran-local-instance-schema"
    ).inputs["source"]
    features = settings_of("local").data.features
    assert json.loads(schema.text)["required"] == list(features)
    sink = declaration.one("gcp:logging/projectSink:ProjectSink").inputs["filter"]
    assert "model_monitoring_anomaly" in sink
    if not preview:
        policies = declaration.of("gcp:monitoring/alertPolicy:AlertPolicy")
        for policy in policies:
            assert policy.inputs["notificationChannels"] == job["notificationChannels"]
        assert job["trainingUri"] == "gs://trimaran-local-raw-bucket/penguins/penguins.csv"
        assert job["deployedModelId"] == "7"
        assert job["kmsKeyName"] == "trimaran-local-data-id"


def test_a_threshold_of_a_feature_that_is_not_there_is_refused() -> None:
    changes = {"gcp": {"monitoring": {"feature_thresholds": {"wings": 0.1}}}}
    with pytest.raises(ValueError, match="wings"):
        declare_gcp("local", changes)


def test_deployments_own_the_traffic(slice_: Declaration) -> None:
    endpoint = slice_.one("gcp:vertex/aiEndpoint:AiEndpoint")
    assert endpoint.ignored == {"trafficSplit"}
    number = endpoint.inputs["name"]
    assert number.isdigit()
    assert len(number) == 10
    assert number[0] != "0"


@pytest.mark.parametrize("access", ["shared", "dedicated", "private"])
def test_the_endpoint_is_reached_as_configured(access: str) -> None:
    serving = {"access": access, "allowed_projects": ["other-project"]}
    declaration = declare_gcp("local", {"gcp": {"serving": serving}})
    inputs = declaration.one("gcp:vertex/aiEndpoint:AiEndpoint").inputs
    assert ("dedicatedEndpointEnabled" in inputs) is (access == "dedicated")
    assert ("privateServiceConnectConfig" in inputs) is (access == "private")


def test_logs_and_audit_reach_the_log_bucket(slice_: Declaration) -> None:
    sink = slice_.one("gcp:logging/projectSink:ProjectSink")
    assert sink.inputs["destination"].startswith("storage.googleapis.com/")
    assert sink.inputs["uniqueWriterIdentity"] is True
    assert 'logName:"cloudaudit.googleapis.com"' in sink.inputs["filter"]
    grant = slice_.one("gcp:storage/bucketIAMMember:BucketIAMMember", f"{sink.name}-sink")
    assert grant.inputs["role"] == "roles/storage.objectCreator"


def test_the_projects_audit_settings_belong_to_the_stack_that_manages_it(
    declared_gcp: Declare,
) -> None:
    token = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
    assert declared_gcp("dev").of(token) == []
    kinds = [
        {item["logType"] for item in config.inputs["auditLogConfigs"]}
        for config in declared_gcp("local").of(token)
    ]
    assert kinds == [{"ADMIN_READ", "DATA_READ", "DATA_WRITE"}] * 3


def test_the_idle_alert_looks_back_no_longer_than_the_cloud_can(slice_: Declaration) -> None:
    name = slice_.one("gcp:logging/projectSink:ProjectSink").name
    policy = slice_.one("gcp:monitoring/alertPolicy:AlertPolicy", f"{name}-idle")
    (condition,) = policy.inputs["conditions"]
    duration = int(condition["conditionAbsent"]["duration"].removesuffix("s"))
    assert 3600 <= duration <= 23.5 * 3600


def test_alerts_name_the_endpoint_that_is_declared(slice_: Declaration) -> None:
    number = slice_.one("gcp:vertex/aiEndpoint:AiEndpoint").inputs["name"]
    policies = slice_.of("gcp:monitoring/alertPolicy:AlertPolicy")
    assert len(policies) == 4
    for policy in policies:
        assert number in json.dumps(policy.inputs["conditions"])


def test_the_budget_tells_at_each_share_and_at_the_forecast(declared_gcp: Declare) -> None:
    budget = declared_gcp("dev").one("gcp:billing/budget:Budget").inputs
    assert budget["amount"]["specifiedAmount"]["units"] == "100"
    rules = [(rule["spendBasis"], rule["thresholdPercent"]) for rule in budget["thresholdRules"]]
    assert rules == [
        ("CURRENT_SPEND", 0.5),
        ("CURRENT_SPEND", 0.8),
        ("CURRENT_SPEND", 1.0),
        ("FORECASTED_SPEND", 1.0),
    ]
    assert budget["budgetFilter"]["labels"] == {"platform": "trimaran-dev"}


def test_no_billing_account_means_no_budget() -> None:
    declaration = declare_gcp("dev", {"gcp": {"spend": {"billing_account": None}}})
    assert declaration.of("gcp:billing/budget:Budget") == []
    assert "budget" not in declaration.exports


def test_an_uploaded_table_outlives_its_resource_which_another_cloud_may_follow(
    declared_gcp: Declare,
) -> None:
    (table,) = [
        item
        for item in declared_gcp("local").of("gcp:storage/bucketObject:BucketObject")
        if item.name == "trimaran-local-penguins"
    ]
    assert table.retained


@pytest.mark.parametrize("preview", [False, True])
def test_with_both_clouds_the_raw_table_comes_from_s3(preview: bool) -> None:
    declaration = declare_both("local", preview=preview)
    assert not [
        item
        for item in declaration.of("gcp:storage/bucketObject:BucketObject")
        if "penguins" in item.name
    ]
    role = declaration.one("aws:iam/role:Role", "trimaran-local-transfer")
    assert "::trimaran-local::" in role.provider
    job = declaration.one("gcp:storage/transferJob:TransferJob").inputs
    schedule = job["schedule"]
    assert schedule["scheduleStartDate"] == schedule["scheduleEndDate"]
    assert "awsAccessKey" not in job["transferSpec"]["awsS3DataSource"]
    if not preview:
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Federated": "accounts.google.com"}
        assert statement["Condition"] == {"StringEquals": {"accounts.google.com:sub": "1234567"}}
        policy = declaration.one("aws:iam/rolePolicy:RolePolicy", "trimaran-local-transfer")
        statements = json.loads(policy.inputs["policy"])["Statement"]
        assert [s["Action"] for s in statements][-1] == ["kms:Decrypt"]
        assert statements[1]["Resource"][0].endswith("/penguins/*")
        run = declaration.one("trimaran:gcp:DataflowRun").inputs
        assert run["arguments"]["--input"].endswith("-raw-bucket/penguins/*.csv")


def test_a_daily_transfer_has_no_last_day() -> None:
    declaration = declare_both("local", {"gcp": {"transfer": {"repeat": "daily"}}})
    schedule = declaration.one("gcp:storage/transferJob:TransferJob").inputs["schedule"]
    assert "scheduleEndDate" not in schedule
    assert schedule["repeatInterval"] == "86400s"


def test_protected_data_survives_a_destroy(declared_gcp: Declare) -> None:
    prod = declared_gcp("prod")
    for token in ("gcp:storage/bucket:Bucket", "gcp:kms/cryptoKey:CryptoKey"):
        assert all(resource.protect for resource in prod.of(token))
    assert prod.one("trimaran:gcp:CustomJob").retained


def test_the_exports_have_the_names_of_the_other_cloud(
    declared: Any, declared_gcp: Declare
) -> None:
    aws, gcp = declared("local", False).exports, declared_gcp("local").exports
    only_aws = {"database", "workgroup"}
    assert aws.keys() - only_aws == gcp.keys() - {"project", "key_ring"}
    assert gcp["endpoint_name"].startswith("projects/trimaran-local/locations/us-central1/")


def test_committed_stacks_leave_gcp_to_be_switched_on() -> None:
    for stack in STACKS:
        assert settings_of(stack).gcp is not None
        assert "gcp" in configuration(stack)
