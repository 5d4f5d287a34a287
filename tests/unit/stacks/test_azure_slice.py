"""What holds for every resource of the Azure slice, in every stack, in previews and in updates."""

import importlib
import inspect
import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.unit.declared import (
    Declaration,
    Declared,
    configuration,
    declare_azure,
    declare_azure_with_aws,
    settings_of,
)

STACKS = ("local", "dev", "staging", "prod")
PRIVATE = ("staging", "prod")
ML = "azure-native:machinelearningservices"
ROLE = "azure-native:authorization:RoleAssignment"
AUTOSCALE = "azure-native:monitor:AutoscaleSetting"
Declare = Callable[..., Declaration]


@pytest.fixture(scope="session")
def declared_azure() -> Declare:
    @cache
    def declare(stack: str, preview: bool = False) -> Declaration:
        return declare_azure(stack, preview=preview)

    return declare


@pytest.fixture(params=[(stack, preview) for stack in STACKS for preview in (False, True)])
def slice_(request: pytest.FixtureRequest, declared_azure: Declare) -> Declaration:
    return declared_azure(*request.param)


def _class_of(token: str) -> type[Any]:
    _, module, name = token.split(":")
    found: type[Any] = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)
    return found


def _clouds(declaration: Declaration) -> list[Declared]:
    return [item for item in declaration.resources if item.token.startswith("azure-native:")]


def _job(declaration: Declaration, ending: str) -> dict[str, Any]:
    (job,) = [item for item in declaration.of(f"{ML}:Job") if item.name.endswith(ending)]
    properties: dict[str, Any] = job.inputs["properties"]
    return properties


def test_every_resource_belongs_to_a_component_and_is_named_after_the_stack(
    slice_: Declaration,
) -> None:
    components = 0
    for resource in slice_.resources:
        assert resource.name.startswith("trimaran-"), resource
        if resource.token.startswith("azure-native:"):
            assert "trimaran:azure:" in resource.parent.rsplit("::", 2)[-2], resource
            assert resource.provider.split("::")[-2].endswith("-azure"), resource
        components += resource.token.startswith("trimaran:azure:")
    assert components > 12


def test_everything_is_in_the_stacks_own_group(slice_: Declaration) -> None:
    group = slice_.one("azure-native:resources:ResourceGroup")
    for resource in _clouds(slice_):
        parameters = inspect.signature(_class_of(resource.token)._internal_init).parameters
        if "resource_group_name" in parameters and resource.token != group.token:
            assert resource.inputs["resourceGroupName"] == group.name, resource


def test_every_resource_that_can_carry_tags_carries_all_of_them(slice_: Declaration) -> None:
    wanted = {"project", "stack", "platform", "owner", "data-class", "purpose", "managed-by"}
    tagged = 0
    for resource in _clouds(slice_):
        parameters = inspect.signature(_class_of(resource.token)._internal_init).parameters
        if "tags" in parameters:
            assert wanted <= resource.inputs["tags"].keys(), resource
            tagged += 1
    assert tagged >= 20


def test_the_provider_is_the_configured_subscription(declared_azure: Declare) -> None:
    provider = declared_azure("local").one("pulumi:providers:azure-native")
    settings = settings_of("local").azure
    assert settings is not None
    assert provider.inputs["subscriptionId"] == settings.subscription_id
    assert provider.inputs["tenantId"] == settings.tenant_id


def test_no_storage_account_knows_a_shared_key_or_an_anonymous_reader(slice_: Declaration) -> None:
    accounts = slice_.of("azure-native:storage:StorageAccount")
    assert len(accounts) == 2
    for account in accounts:
        inputs = account.inputs
        assert inputs["allowSharedKeyAccess"] is False
        assert inputs["allowBlobPublicAccess"] is False
        assert inputs["allowCrossTenantReplication"] is False
        assert inputs["isLocalUserEnabled"] is False
        assert inputs["enableHttpsTrafficOnly"] is True
        assert inputs["minimumTlsVersion"] == "TLS1_2"
        encryption = inputs["encryption"]
        assert encryption["keySource"] == "Microsoft.Keyvault"
        assert encryption["requireInfrastructureEncryption"] is True
        name = inputs["accountName"]
        assert 3 <= len(name) <= 24
        assert name.isalnum()
        assert name.islower()
    for container in slice_.of("azure-native:storage:BlobContainer"):
        assert container.inputs["publicAccess"] == "None"


def test_every_account_keeps_versions_and_forgets_in_time(slice_: Declaration) -> None:
    services = slice_.of("azure-native:storage:BlobServiceProperties")
    policies = slice_.of("azure-native:storage:ManagementPolicy")
    assert len(services) == len(policies) == 2
    for service in services:
        assert service.inputs["isVersioningEnabled"] is True
        assert service.inputs["deleteRetentionPolicy"]["days"] >= 7
        assert service.inputs["containerDeleteRetentionPolicy"]["enabled"] is True
    prefixes: set[str] = set()
    for policy in policies:
        for rule in policy.inputs["policy"]["rules"]:
            actions = rule["definition"]["actions"]
            assert actions.keys() == {"baseBlob", "version", "snapshot"}
            prefixes |= set(rule["definition"]["filters"].get("prefixMatch", ["all"]))
    assert prefixes == {"raw/", "processed/", "artefacts/", "azureml/", "all"}


def test_each_class_of_data_has_a_key_that_rotates(declared_azure: Declare) -> None:
    declaration = declared_azure("local")
    keys = declaration.of("azure-native:keyvault:Key")
    assert {key.inputs["keyName"] for key in keys} == {"data", "model", "operations"}
    for key in keys:
        (action,) = key.inputs["properties"]["rotationPolicy"]["lifetimeActions"]
        assert action == {"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P90D"}}
        assert key.inputs["properties"]["keyOps"] == ["wrapKey", "unwrapKey"]
    used = {
        account.name: account.inputs["encryption"]["keyVaultProperties"]["keyName"]
        for account in declaration.of("azure-native:storage:StorageAccount")
    }
    assert used == {"trimaran-local-lake": "data", "trimaran-local-logs": "operations"}
    models = declaration.one("azure-native:storage:BlobContainer", "trimaran-local-artefacts")
    assert models.inputs["defaultEncryptionScope"] == "model"
    assert models.inputs["denyEncryptionScopeOverride"] is True


def test_vaults_can_be_made_again_and_never_be_purged(slice_: Declaration) -> None:
    vaults = slice_.of("azure-native:keyvault:Vault")
    assert len(vaults) == 2
    for vault in vaults:
        # The provider's own name: the deleted vault's stays taken. Eight characters are its.
        assert "vaultName" not in vault.inputs
        assert len(vault.name) <= 24 - 8
        properties = vault.inputs["properties"]
        assert properties["enableRbacAuthorization"] is True
        assert properties["enablePurgeProtection"] is True
        assert "accessPolicies" not in properties
    for workspace in slice_.of(f"{ML}:Workspace"):
        assert "workspaceName" not in workspace.inputs


@pytest.mark.parametrize("stack", STACKS)
def test_staging_and_production_are_reached_from_their_network_only(
    stack: str, declared_azure: Declare
) -> None:
    declaration = declared_azure(stack)
    private = stack in PRIVATE
    expected = "Disabled" if private else "Enabled"
    reached = [
        *declaration.of(f"{ML}:Workspace"),
        *declaration.of("azure-native:storage:StorageAccount"),
        *declaration.of("azure-native:containerregistry:Registry"),
    ]
    assert {item.inputs["publicNetworkAccess"] for item in reached} == {expected}
    for vault in declaration.of("azure-native:keyvault:Vault"):
        assert vault.inputs["properties"]["publicNetworkAccess"] == expected
    for endpoint in declaration.of(f"{ML}:OnlineEndpoint"):
        assert endpoint.inputs["properties"]["publicNetworkAccess"] == expected
    parts = [
        connection["groupIds"][0]
        for item in declaration.of("azure-native:network:PrivateEndpoint")
        for connection in item.inputs["privateLinkServiceConnections"]
    ]
    wanted = ["amlworkspace", "blob", "file", "registry", "vault", "vault"]
    assert sorted(parts) == (wanted if private else [])
    zones = declaration.of("azure-native:privatedns:PrivateZone")
    assert len(zones) == (6 if private else 0)
    assert all(zone.inputs["location"] == "global" for zone in zones)


def test_allowed_addresses_open_a_private_stack_to_nobody_else() -> None:
    network = {"network": {"allowed_addresses": ["52.10.20.30/32"]}}
    declaration = declare_azure("staging", {"azure": network})
    for account in declaration.of("azure-native:storage:StorageAccount"):
        assert account.inputs["publicNetworkAccess"] == "Enabled"
        rules = account.inputs["networkRuleSet"]
        assert rules["defaultAction"] == "Deny"
        assert rules["ipRules"] == [{"iPAddressOrRange": "52.10.20.30", "action": "Allow"}]


@pytest.mark.parametrize("stack", PRIVATE)
def test_nothing_enters_or_leaves_the_network_but_what_is_named(
    stack: str, declared_azure: Declare
) -> None:
    for group in declared_azure(stack).of("azure-native:network:NetworkSecurityGroup"):
        rules = group.inputs["securityRules"]
        last = {rule["direction"]: rule for rule in rules if rule["priority"] == 4096}
        assert {rule["access"] for rule in last.values()} == {"Deny"}
        assert last.keys() == {"Inbound", "Outbound"}
        for rule in rules:
            if rule["access"] == "Allow":
                assert rule["sourceAddressPrefix"] == "VirtualNetwork"
                assert rule["destinationPortRange"] in {"443", "8443"}


def test_the_workspace_works_with_identities_and_the_stacks_key(slice_: Declaration) -> None:
    inputs = slice_.one(f"{ML}:Workspace").inputs
    assert inputs["systemDatastoresAuthMode"] == "Identity"
    assert inputs["encryption"]["status"] == "Enabled"
    assert inputs["enableServiceSideCMKEncryption"] is True
    assert inputs["identity"]["type"] == "UserAssigned"
    assert inputs["v1LegacyMode"] is False
    registry = slice_.one("azure-native:containerregistry:Registry").inputs
    assert registry["adminUserEnabled"] is False
    for store in slice_.of(f"{ML}:Datastore"):
        assert store.inputs["properties"]["credentials"] == {"credentialsType": "None"}


@pytest.mark.parametrize("isolation", ["internet", "approved"])
def test_jobs_of_a_private_stack_run_in_the_managed_network(isolation: str) -> None:
    declaration = declare_azure("prod", {"azure": {"network": {"isolation": isolation}}})
    workspace = declaration.one(f"{ML}:Workspace").inputs
    mode = {"internet": "AllowInternetOutbound", "approved": "AllowOnlyApprovedOutbound"}
    assert workspace["managedNetwork"]["isolationMode"] == mode[isolation]
    compute = declaration.one(f"{ML}:Compute").inputs
    assert compute["properties"]["properties"]["enableNodePublicIp"] is False
    assert workspace["imageBuildCompute"] == compute["computeName"]


def test_the_cluster_costs_nothing_while_nothing_runs(slice_: Declaration) -> None:
    properties = slice_.one(f"{ML}:Compute").inputs["properties"]
    scale = properties["properties"]["scaleSettings"]
    assert scale["minNodeCount"] == 0
    assert scale["nodeIdleTimeBeforeScaleDown"] == "PT300S"
    assert properties["disableLocalAuth"] is True
    assert properties["properties"]["remoteLoginPortPublicAccess"] == "Disabled"


def test_off_hours_are_profiles_that_begin_at_their_times(declared_azure: Declare) -> None:
    profiles = declared_azure("prod").one(AUTOSCALE).inputs["profiles"]
    by_day, *later = profiles
    assert "recurrence" not in by_day
    assert by_day["capacity"] == {"minimum": "2", "maximum": "6", "default": "2"}
    found = {
        profile["name"]: (profile["recurrence"]["schedule"], profile["capacity"])
        for profile in later
    }
    weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    assert found == {
        "off-2000": (
            {"timeZone": "UTC", "days": weekdays, "hours": [20], "minutes": [0]},
            {"minimum": "1", "maximum": "2", "default": "1"},
        ),
        "on-0600": (
            {"timeZone": "UTC", "days": weekdays, "hours": [6], "minutes": [0]},
            by_day["capacity"],
        ),
    }
    assert all(profile["recurrence"]["frequency"] == "Week" for profile in later)
    assert all(profile["rules"] == by_day["rules"] for profile in profiles)
    assert len(declared_azure("staging").one(AUTOSCALE).inputs["profiles"]) == 1


def test_spot_is_low_priority(declared_azure: Declare) -> None:
    def priority(stack: str) -> str:
        compute = declared_azure(stack).one(f"{ML}:Compute").inputs["properties"]
        found: str = compute["properties"]["vmPriority"]
        return found

    assert priority("dev") == "LowPriority"
    assert priority("prod") == "Dedicated"


def test_jobs_may_touch_what_they_need_and_nothing_else(declared_azure: Declare) -> None:
    roles = {}
    for item in declared_azure("local").of(ROLE):
        kind = item.name.removeprefix("trimaran-local-")
        roles[kind] = item.inputs
        assert item.inputs["principalType"] == "ServicePrincipal"
    reader, writer = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    expected = {
        "prep-raw": reader,
        "prep-processed": writer,
        "prep-artefacts": reader,
        "training-processed": reader,
        "training-artefacts": writer,
        "serving-artefacts": reader,
    }
    for name, role in expected.items():
        assert roles[name]["roleDefinitionId"].endswith(role)
        zone = name.split("-")[1]
        assert roles[name]["scope"].endswith(f"/blobServices/default/containers/{zone}")
        assert roles[name]["principalId"] == f"trimaran-local-{name.split('-')[0]}-principal"
    # On the whole account only where a condition keeps it to Azure ML's own containers.
    for kind in ("prep", "training"):
        assert "StringStartsWith 'azureml'" in roles[f"{kind}-system"]["condition"]
    assert "serving-system" not in roles
    jobs = {name for name in roles if name.split("-")[0] in {"prep", "training", "serving"}}
    others = jobs - expected.keys() - {"prep-system", "training-system", "serving-metrics"}
    assert others == {"prep-images", "training-images", "serving-images"}


def test_the_uploader_gets_the_right_to_upload_before_anything_is_uploaded() -> None:
    who = "99999999-8888-4777-8666-555555555555"
    uploader = {"uploader_object_id": who, "uploader_type": "Group"}
    declaration = declare_azure("local", {"azure": uploader})
    granted = declaration.one(ROLE, "trimaran-local-uploader")
    assert granted.inputs["principalId"] == who
    assert granted.inputs["principalType"] == "Group"
    for upload in declaration.of("trimaran:azure:BlobUpload"):
        assert any(urn.endswith("::trimaran-local-uploader") for urn in upload.depends_on), upload


def test_ci_is_trusted_for_one_branch_of_one_repository() -> None:
    ci = {"repository": "acme/models", "branch": "release"}
    declaration = declare_azure("dev", {"azure": {"ci": ci}})
    trust = declaration.one("azure-native:managedidentity:FederatedIdentityCredential").inputs
    assert trust["subject"] == "repo:acme/models:ref:refs/heads/release"
    assert trust["audiences"] == ["api://AzureADTokenExchange"]
    assert trust["issuer"] == "https://token.actions.githubusercontent.com"
    assert declaration.exports["ci"]["client_id"] == "trimaran-dev-ci-client"


def test_what_is_named_from_its_content_goes_after_its_successor_came(
    declared_azure: Declare,
) -> None:
    named = ("Job", "CodeVersion", "EnvironmentVersion", "DataVersion", "ModelVersion")
    found = 0
    for noun in (*named, "OnlineDeployment"):
        for item in declared_azure("local").of(f"{ML}:{noun}"):
            assert item.replaced_after_create, item
            found += 1
    assert found >= 10


@pytest.mark.parametrize("preview", [False, True])
def test_with_aws_the_raw_table_comes_from_s3_under_the_same_name(
    declared_azure: Declare, preview: bool
) -> None:
    alone = declared_azure("local").one("trimaran:azure:BlobUpload", "trimaran-local-penguins")
    both = declare_azure_with_aws("local", preview=preview)
    uploads = [item.name for item in both.of("trimaran:azure:BlobUpload")]
    assert alone.name not in uploads
    assert len(uploads) == len(declared_azure("local").of("trimaran:azure:BlobUpload")) - 1
    run = both.one("trimaran:azure:TransferRun", "trimaran-local-transfer").inputs
    assert run["path"] == alone.inputs["path"]
    assert run["container"] == alone.inputs["container"]
    assert run["trigger"] == alone.inputs["sha256"]
    assert run["sourceRegion"] == "us-east-1"
    assert [key for key in run if "key" in key.lower() or "secret" in key.lower()] == []
    if not preview:
        assert run["accountUrl"] == alone.inputs["accountUrl"]
        assert run["sourceUri"].endswith("-raw-bucket/penguins/penguins.csv")
        kind = f"{ML}:DataVersion"
        data, own = (
            each.one(kind, "trimaran-local-penguins").inputs
            for each in (both, declared_azure("local"))
        )
        assert data == own
        # Nothing is prepared again because AWS is switched on or off.
        run, own = (
            each.one(f"{ML}:Job", "trimaran-local-prep").inputs
            for each in (both, declared_azure("local"))
        )
        assert run["id"] == own["id"]


def test_data_assets_are_versions_of_their_content(declared_azure: Declare) -> None:
    local = declared_azure("local")
    upload = local.one("trimaran:azure:BlobUpload", "trimaran-local-penguins").inputs
    raw = local.one(f"{ML}:DataVersion", "trimaran-local-penguins").inputs
    version = upload["sha256"][:12]
    assert raw["version"] == version
    folder = f"penguins/{version}"
    assert upload["path"] == f"{folder}/penguins.csv"
    assert raw["properties"]["dataUri"] == f"azureml://datastores/raw/paths/{folder}/"
    prepared = local.one(f"{ML}:DataVersion", "trimaran-local-penguins-prepared")
    run = local.one(f"{ML}:Job", "trimaran-local-prep")
    assert run.inputs["id"].endswith(prepared.inputs["version"])
    result = local.one("trimaran:azure:JobResult", "trimaran-local-prep")
    assert any(urn.endswith("JobResult::trimaran-local-prep") for urn in prepared.depends_on)
    assert "modelFile" not in result.inputs


def test_jobs_run_the_scripts_as_they_are(declared_azure: Declare) -> None:
    local = declared_azure("local")
    prep, training = _job(local, "-prep"), _job(local, "-training")
    assert prep["command"].startswith(
        "python prepare.py --input ${{inputs.table}}/penguins.csv --output ${{outputs.prepared}} "
    )
    assert " --target species " in prep["command"]
    for channel in ("train", "validation", "test", "statistics"):
        assert f" --{channel} ${{{{inputs.{channel}}}}}" in training["command"]
        uri = training["inputs"][channel]["uri"]
        assert uri == f"{prep['outputs']['prepared']['uri']}{channel}/"
        assert training["inputs"][channel]["mode"] == "ReadOnlyMount"
    assert " --epochs 40 " in training["command"]
    assert " --model_dir ${{outputs.outputs}}" in training["command"]
    name = local.one(f"{ML}:Job", "trimaran-local-training").inputs["id"]
    folder = f"azureml://datastores/artefacts/paths/training/{name}/outputs/"
    assert training["outputs"]["outputs"]["uri"] == folder
    result = local.one("trimaran:azure:JobResult", "trimaran-local-training").inputs
    assert result["outputUrl"].endswith(f"/artefacts/training/{name}/outputs/")
    assert result["modelFile"] == "model.pkl"
    clients = {job["identity"]["clientId"] for job in (prep, training)}
    assert clients == {"trimaran-local-prep-client", "trimaran-local-training-client"}


def test_the_same_content_makes_the_same_jobs_and_another_makes_others() -> None:
    def names(changes: dict[str, Any]) -> dict[str, str]:
        jobs = declare_azure("local", changes).of(f"{ML}:Job")
        return {job.name: job.inputs["id"] for job in jobs}

    before = names({})
    assert names({"azure": {"watch": {"max_latency_ms": 7}}}) == before
    trained = names({"training": {"epochs": 7}})
    assert trained["trimaran-local-training"] != before["trimaran-local-training"]
    assert trained["trimaran-local-prep"] == before["trimaran-local-prep"]
    prepared = names({"data": {"seed": 7}})
    assert not set(prepared.values()) & set(before.values())
    for name in before.values():
        assert len(name) <= 63


def test_the_search_is_the_one_of_the_other_clouds() -> None:
    tuning = {"enabled": True, "early_stopping": True}
    declaration = declare_azure("local", {"tuning": tuning})
    job = _job(declaration, "-tuning")
    assert job["objective"] == {"goal": "Maximize", "primaryMetric": "accuracy"}
    assert job["searchSpace"] == {
        "learning_rate": ["loguniform", [math.log(0.001), math.log(0.1)]],
        "batch_size": ["choice", [[32, 64, 128]]],
    }
    # Bayesian sampling takes no logarithmic ranges.
    assert job["samplingAlgorithm"]["samplingAlgorithmType"] == "Random"
    assert job["limits"]["maxTotalTrials"] == 20
    assert job["limits"]["maxConcurrentTrials"] == 2
    assert job["earlyTermination"]["policyType"] == "MedianStopping"
    assert "--learning_rate ${{search_space.learning_rate}}" in job["trial"]["command"]
    assert "--epochs 10" in job["trial"]["command"]
    assert "/training/${{name}}/outputs/" in job["outputs"]["outputs"]["uri"]
    # The model that is served is trained with what the best trial had.
    command = _job(declaration, "-training")["command"]
    assert "--learning_rate 0.0123 --batch_size 64 --epochs 10 " in command


def test_a_linear_search_learns_from_its_trials() -> None:
    tuning = {"enabled": True, "learning_rate": {"min": 0.01, "max": 0.1, "scale": "linear"}}
    job = _job(declare_azure("local", {"tuning": tuning}), "-tuning")
    assert job["searchSpace"]["learning_rate"] == ["uniform", [0.01, 0.1]]
    assert job["samplingAlgorithm"] == {"samplingAlgorithmType": "Bayesian"}


def test_automl_competes_on_the_same_splits_and_is_not_deployed() -> None:
    declaration = declare_azure("local", {"azure": {"training": {"automl_trials": 5}}})
    details = _job(declaration, "-automl")["taskDetails"]
    assert details["taskType"] == "Classification"
    assert details["targetColumnName"] == "species"
    assert details["primaryMetric"] == "Accuracy"
    assert details["limitSettings"]["maxTrials"] == 5
    uris = {details[f"{name}Data"]["uri"] for name in ("training", "validation", "test")}
    assert len(uris) == 3
    tables = [
        item
        for item in declaration.of("trimaran:azure:BlobUpload")
        if item.inputs["path"].endswith("/MLTable")
    ]
    assert len(tables) == 3
    assert declaration.exports["automl"]["job"] == "trimaran-local-automl-job"
    model = declaration.one(f"{ML}:ModelVersion").inputs["properties"]
    assert model["jobName"] == "trimaran-local-training-job"


def test_retraining_runs_the_same_job_by_itself() -> None:
    schedule = {"training": {"retraining_schedule": "0 3 * * 1"}}
    declaration = declare_azure("local", {"azure": schedule})
    properties = declaration.one(f"{ML}:Schedule").inputs["properties"]
    assert properties["trigger"] == {
        "triggerType": "Cron",
        "expression": "0 3 * * 1",
        "timeZone": "UTC",
    }
    job = properties["action"]["jobDefinition"]
    assert job["command"] == _job(declaration, "-training")["command"]
    assert "/training/${{name}}/outputs/" in job["outputs"]["outputs"]["uri"]


def test_the_model_is_registered_from_outputs_after_the_gate(declared_azure: Declare) -> None:
    local = declared_azure("local")
    model = local.one(f"{ML}:ModelVersion")
    name = local.one(f"{ML}:Job", "trimaran-local-training").inputs["id"]
    uri = f"azureml://datastores/artefacts/paths/training/{name}/outputs/model.pkl"
    assert model.inputs["properties"]["modelUri"] == uri
    assert model.inputs["properties"]["properties"] == {"sha256": "ab" * 32}
    gated = (model, local.one("azure-native:containerinstance:ContainerGroup"))
    for item in gated:
        assert any("QualityGate" in urn for urn in item.depends_on), item


def _group(declaration: Declaration) -> dict[str, Any]:
    group = declaration.one("azure-native:containerinstance:ContainerGroup")
    return {key: _open(value) for key, value in group.inputs.items()}


def _open(value: Any) -> Any:
    """A secret's content."""
    secret = "4dabf18193072939515e22adb298388d"  # pragma: allowlist secret
    return value["value"] if isinstance(value, dict) and secret in value else value


def test_the_container_is_one_processor_one_gigabyte_without_an_image_of_our_own(
    declared_azure: Declare,
) -> None:
    group = _group(declared_azure("local"))
    (serve,) = group["containers"]
    assert serve["resources"]["requests"] == {"cpu": 1, "memoryInGB": 1}
    assert serve["image"].startswith("mcr.microsoft.com/")
    assert group["identity"]["userAssignedIdentities"] == ["trimaran-local-serving-id"]
    served = {item["name"]: item["value"] for item in serve["environmentVariables"]}
    files = json.loads(served["FETCH_FILES"])
    assert [file["to"] for file in files] == ["code", "packages.zip", "model/model.pkl"]
    assert [file["unpack"] for file in files] == [True, False, False]
    assert all(len(file["sha256"]) == 64 for file in files)
    assert served["MODEL_SHA256"] == files[-1]["sha256"] == "ab" * 32
    assert group["ipAddress"]["type"] == "Public"


def test_what_needs_the_identity_runs_in_no_init_container_and_is_not_probed_to_death(
    declared_azure: Declare,
) -> None:
    # Azure gives init containers no managed identity.
    group = _group(declared_azure("local"))
    assert "initContainers" not in group
    (serve,) = group["containers"]
    fetch = serve["command"][-1].split(" && ")[0].split()[-1]
    mounts = {item["name"]: item for item in serve["volumeMounts"]}
    assert fetch == f"{mounts['entry']['mountPath']}/fetch.py"
    assert not mounts["app"].get("readOnly")
    # It waits 300 s for rights that still spread.
    assert serve["livenessProbe"]["initialDelaySeconds"] > 300


def test_keys_and_certificate_are_secrets_in_a_volume(declared_azure: Declare) -> None:
    raw = declared_azure("local").one("azure-native:containerinstance:ContainerGroup")
    mark = "1b47061264138c4ac30d75fd1eb44270"  # pragma: allowlist secret
    assert mark in raw.inputs["volumes"].values()
    volumes = {item["name"]: item for item in _group(declared_azure("local"))["volumes"]}
    assert volumes["keys"]["secret"].keys() == {"primary", "secondary", "tls.crt", "tls.key"}
    (serve,) = _group(declared_azure("local"))["containers"]
    texts = json.dumps(serve["environmentVariables"])
    assert "SERVE_TLS_KEY" in texts
    assert "-primaryKey" not in texts
    probes = [serve[name]["httpGet"] for name in ("livenessProbe", "readinessProbe")]
    assert probes == [{"path": path, "port": 8443, "scheme": "https"} for path in ("/", "/ping")]


def test_in_production_the_container_is_in_the_network_and_waits_for_its_links(
    declared_azure: Declare,
) -> None:
    prod = declared_azure("prod")
    group = _group(prod)
    assert group["ipAddress"]["type"] == "Private"
    assert "dnsNameLabel" not in group["ipAddress"]
    assert group["subnetIds"] == [{"id": "trimaran-prod-serving-id"}]
    waits = prod.one("azure-native:containerinstance:ContainerGroup").depends_on
    assert any(urn.endswith("PrivateDnsZoneGroup::trimaran-prod-blobs") for urn in waits)
    assert prod.exports["container"]["scoring_uri"] == "https://10.60.0.132:8443/score"


def test_scoring_uri_and_state_are_exported(declared_azure: Declare) -> None:
    exports = declared_azure("local").exports
    container = exports["container"]
    assert container["scoring_uri"].startswith("https://trimaran-local-")
    assert container["scoring_uri"].endswith(".eastus.azurecontainer.io:8443/score")
    assert container["state"] == "Running"
    assert container["certificate"] == "trimaran-local-certificatePem"


def test_without_tls_the_server_says_so_everywhere() -> None:
    serving = {"serving": {"container": {"tls": False}}}
    declaration = declare_azure("staging", {"azure": serving})
    group = _group(declaration)
    (serve,) = group["containers"]
    assert "SERVE_TLS" not in json.dumps(serve["environmentVariables"])
    assert serve["livenessProbe"]["httpGet"]["scheme"] == "http"
    keys = {item["name"]: item for item in group["volumes"]}["keys"]["secret"]
    assert keys.keys() == {"primary", "secondary"}
    assert declaration.exports["container"]["scoring_uri"].startswith("http://")
    assert declaration.exports["container"]["certificate"] == ""


def test_releases_own_the_traffic_and_the_autoscaler_its_count(declared_azure: Declare) -> None:
    local = declared_azure("local")
    assert local.one(f"{ML}:OnlineEndpoint").ignored == {"properties.traffic"}
    deployment = local.one(f"{ML}:OnlineDeployment")
    assert deployment.ignored == {"sku.capacity"}
    assert len(deployment.inputs["deploymentName"]) <= 32
    assert deployment.inputs["properties"]["environmentVariables"] == {"MODEL_SHA256": "ab" * 32}
    traffic = local.one("trimaran:azure:Traffic").inputs
    assert traffic["deploymentName"] == deployment.inputs["deploymentName"]
    assert json.loads(traffic["probe"]) == [[1, 2, 3, 4]]
    alone = declare_azure("local", {"azure": {"serving": {"autoscaling": None}}})
    assert alone.one(f"{ML}:OnlineDeployment").ignored == frozenset()
    assert alone.of(AUTOSCALE) == []


def test_another_model_or_size_is_another_deployment() -> None:
    def deployment(changes: dict[str, Any]) -> str:
        found = declare_azure("local", {"azure": {"serving": changes}})
        name: str = found.one(f"{ML}:OnlineDeployment").inputs["deploymentName"]
        return name

    release = {
        "model_data_url": "https://a.example/artefacts/training/job-7/outputs/model.pkl",
        "model_sha256": "cd" * 32,
    }
    scaled = {"autoscaling": {"min_replicas": 2, "max_replicas": 5}}
    names = [deployment(changes) for changes in ({}, scaled, {"release": release})]
    assert names[0] == names[1]
    assert names[2] != names[0]
    assert deployment({"machine_type": "Standard_DS4_v2"}) not in names


def test_the_count_follows_the_load(declared_azure: Declare) -> None:
    setting = declared_azure("prod").one(AUTOSCALE).inputs
    profile = next(one for one in setting["profiles"] if one["name"] == "load")
    assert profile["capacity"] == {"minimum": "2", "maximum": "6", "default": "2"}
    found = {
        rule["scaleAction"]["direction"]: rule["metricTrigger"]["threshold"]
        for rule in profile["rules"]
    }
    assert found == {"Increase": 60, "Decrease": 30}


def test_a_pinned_release_is_served_instead_of_the_newest_model() -> None:
    release = {
        "model_data_url": "https://a.example/artefacts/training/job-7/outputs/model.pkl",
        "model_sha256": "cd" * 32,
    }
    declaration = declare_azure("local", {"azure": {"serving": {"release": release}}})
    model = declaration.one(f"{ML}:ModelVersion").inputs["properties"]
    uri = "azureml://datastores/artefacts/paths/training/job-7/outputs/model.pkl"
    assert model["modelUri"] == uri
    assert model["jobName"] == "job-7"
    deployment = declaration.one(f"{ML}:OnlineDeployment").inputs["properties"]
    assert deployment["environmentVariables"]["MODEL_SHA256"] == "cd" * 32


@pytest.mark.parametrize("target", ["container", "endpoint"])
def test_either_way_of_serving_stands_alone(target: str) -> None:
    declaration = declare_azure("local", {"azure": {"serving": {"targets": [target]}}})
    groups = declaration.of("azure-native:containerinstance:ContainerGroup")
    endpoints = declaration.of(f"{ML}:OnlineEndpoint")
    assert (len(groups), len(endpoints)) == ((1, 0) if target == "container" else (0, 1))
    assert declaration.exports["endpoint_name"]
    assert {"container", "endpoint"} & declaration.exports.keys() == {target}


def test_whatever_has_diagnostic_settings_tells_both_places(slice_: Declaration) -> None:
    name = slice_.one(f"{ML}:Workspace").name
    watched = {
        item.name.removeprefix(f"{name}-"): item.inputs
        for item in slice_.of("azure-native:monitor:DiagnosticSetting")
    }
    always = {"keys", "secrets", "lake", "logs", "registry", "workspace", "insights", "queries"}
    assert always <= watched.keys()
    assert ("container" in watched) is bool(
        slice_.of("azure-native:containerinstance:ContainerGroup")
    )
    assert ("endpoint" in watched) is bool(slice_.of(f"{ML}:OnlineEndpoint"))
    for what, setting in watched.items():
        assert setting["workspaceId"]
        # An account that logged to itself would never stop.
        assert ("storageAccountId" in setting) is (what != "logs")
        assert all(log["enabled"] for log in setting["logs"])


def test_the_subscriptions_log_belongs_to_the_stack_that_manages_it(
    declared_azure: Declare,
) -> None:
    def exported(stack: str) -> list[Declared]:
        settings = declared_azure(stack).of("azure-native:monitor:DiagnosticSetting")
        return [item for item in settings if item.name.endswith("-subscription")]

    (setting,) = exported("local")
    assert setting.inputs["resourceUri"].startswith("/subscriptions/")
    assert exported("dev") == []


def test_alerts_ring_for_the_group(declared_azure: Declare) -> None:
    local = declared_azure("local")
    alerts = local.of("azure-native:monitor:MetricAlert")
    metrics = {}
    for alert in alerts:
        assert alert.inputs["actions"] == [{"actionGroupId": "trimaran-local-id"}]
        (criterion,) = alert.inputs["criteria"]["allOf"]
        metrics[alert.name.removeprefix("trimaran-local-")] = (
            criterion["metricName"],
            criterion["threshold"],
        )
    assert metrics == {
        "errors": ("RequestsPerMinute", 1.0),
        "latency": ("RequestLatency_P99", 1000),
        "cpu": ("CpuUtilizationPercentage", 90),
        "container-cpu": ("CpuUsage", 900),
    }
    group = local.one("azure-native:monitor:ActionGroup").inputs
    assert len(group["groupShortName"]) <= 12
    assert [item["emailAddress"] for item in group["emailReceivers"]] == ["ml-platform@example.org"]


@pytest.mark.parametrize(("hours", "window"), [(1, "PT1H"), (6, "PT6H"), (24, "P1D"), (48, "P2D")])
def test_an_endpoint_that_nobody_asks_is_reported(hours: int, window: str) -> None:
    changes = {"azure": {"watch": {"idle_hours": hours}}}
    rule = declare_azure("local", changes).one("azure-native:monitor:ScheduledQueryRule").inputs
    assert rule["windowSize"] == window
    (condition,) = rule["criteria"]["allOf"]
    assert condition["operator"] == "LessThan"
    assert condition["threshold"] == 1


def test_the_budget_tells_at_each_share_and_at_the_forecast(declared_azure: Declare) -> None:
    budget = declared_azure("dev").one("azure-native:consumption:Budget")
    rules = {
        (rule["thresholdType"], rule["threshold"])
        for rule in budget.inputs["notifications"].values()
    }
    assert rules == {("Actual", 50), ("Actual", 80), ("Actual", 100), ("Forecasted", 100)}
    assert budget.inputs["timePeriod"] == {"startDate": "2026-12-01T00:00:00Z"}
    assert budget.ignored == {"timePeriod"}
    assert budget.inputs["scope"] == "trimaran-dev-id"


def test_no_start_means_no_budget() -> None:
    declaration = declare_azure("dev", {"azure": {"spend": {"start_date": None}}})
    assert declaration.of("azure-native:consumption:Budget") == []
    assert "budget" not in declaration.exports


def test_protected_data_survives_a_destroy(declared_azure: Declare) -> None:
    prod = declared_azure("prod")
    kept = ("storage:StorageAccount", "storage:BlobContainer", "keyvault:Key")
    for token in (*kept, "machinelearningservices:Workspace"):
        assert all(item.protect for item in prod.of(f"azure-native:{token}")), token
    assert prod.one(f"{ML}:Job", "trimaran-prod-training").retained
    logs = prod.one("azure-native:storage:StorageAccount", "trimaran-prod-logs").inputs
    policy = logs["immutableStorageWithVersioning"]["immutabilityPolicy"]
    assert policy["immutabilityPeriodSinceCreationInDays"] == 365
    dev = declared_azure("dev")
    assert not any(item.protect for item in dev.resources)


def test_the_exports_have_the_names_of_the_other_clouds(
    declared: Any, declared_azure: Declare
) -> None:
    aws, azure = declared("local", False).exports, declared_azure("local").exports
    own = {"subscription", "resource_group", "workspace", "storage", "key_vault"}
    assert aws.keys() - {"database", "workgroup"} == azure.keys() - own - {"endpoint", "container"}


def test_committed_stacks_leave_azure_to_be_switched_on() -> None:
    for stack in STACKS:
        assert settings_of(stack).azure is not None
        assert "azure" in configuration(stack)
