"""What exists once per account: declared by the stack that manages it, and by no other."""

import json
from functools import cache
from typing import Any

import pytest
from pydantic import ValidationError

from components.aws.account import RULES
from components.azure.account import POLICIES
from components.gcp.account import FINDINGS
from stacks.account_settings import AccountSettings
from stacks.settings import Settings, load, parsed
from stacks.settings_errors import SettingsError
from tests.unit.declared import (
    PROJECT,
    Declaration,
    configuration,
    declare_account,
    declare_aws,
    merged,
)

DETECTOR = "aws:guardduty/detector:Detector"
FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"
ASSIGNMENT = "azure-native:authorization:PolicyAssignment"
PLAN = "azure-native:security:Pricing"
MODULE = (
    "gcp:securitycenter/managementProjectSecurityHealthAnalyticsCustomModule:"
    "ManagementProjectSecurityHealthAnalyticsCustomModule"
)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@cache
def account(preview: bool) -> Declaration:
    return declare_account(preview=preview)


@pytest.fixture(params=[False, True], ids=["up", "preview"])
def declared_account(request: pytest.FixtureRequest) -> Declaration:
    return account(request.param)


def test_every_resource_belongs_to_a_component_and_is_named_after_the_stack(
    declared_account: Declaration,
) -> None:
    for resource in declared_account.resources:
        assert resource.name.startswith("trimaran-account"), resource
        if resource.token.startswith(("aws:", "gcp:", "azure-native:")):
            assert "trimaran:" in resource.parent.rsplit("::", 2)[-2], resource
            assert f"pulumi:providers:{resource.token.split(':')[0]}::" in resource.provider


def test_nothing_of_the_platform_is_declared(declared_account: Declaration) -> None:
    nouns = {
        item.token for item in declared_account.resources if item.token.startswith("trimaran:")
    }
    assert nouns == {
        "trimaran:aws:Account",
        "trimaran:aws:Keys",
        "trimaran:azure:Account",
        "trimaran:azure:Foundation",
        "trimaran:gcp:Account",
    }


def test_every_shared_setting_is_there_once(declared_account: Declaration) -> None:
    declared_account.one("aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings")
    group = declared_account.one("aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["name"] == "/aws/sagemaker/TrainingJobs"
    assert len(declared_account.of("gcp:projects/iAMAuditConfig:IAMAuditConfig")) == 3
    setting = declared_account.one("azure-native:monitor:DiagnosticSetting")
    assert setting.inputs["resourceUri"].startswith("/subscriptions/")


def test_the_detector_looks_at_objects_too(declared_account: Declaration) -> None:
    detector = declared_account.one(DETECTOR)
    assert detector.inputs["enable"] is True
    feature = declared_account.one(FEATURE)
    assert (feature.inputs["name"], feature.inputs["status"]) == ("S3_DATA_EVENTS", "ENABLED")


def test_security_command_center_looks_for_what_the_platform_avoids(
    declared_account: Declaration,
) -> None:
    modules = declared_account.of(MODULE)
    assert {module.inputs["displayName"] for module in modules} == set(FINDINGS)
    for module in modules:
        config = module.inputs["customConfig"]
        assert module.inputs["enablementState"] == "ENABLED"
        assert config["predicate"]["expression"]
        assert config["severity"] in ("HIGH", "MEDIUM")
        assert any("security-center" in urn for urn in module.depends_on)


def test_the_recorder_records_everything_once_it_can_deliver(
    declared_account: Declaration,
) -> None:
    recorder = declared_account.one("aws:cfg/recorder:Recorder")
    assert recorder.inputs["recordingGroup"] == {
        "allSupported": True,
        "includeGlobalResourceTypes": True,
    }
    channel = declared_account.one("aws:cfg/deliveryChannel:DeliveryChannel")
    assert any("recorder:Recorder::" in urn for urn in channel.depends_on)
    status = declared_account.one("aws:cfg/recorderStatus:RecorderStatus")
    assert status.inputs["isEnabled"] is True
    assert any("deliveryChannel:" in urn for urn in status.depends_on)
    rules = declared_account.of("aws:cfg/rule:Rule")
    assert {rule.inputs["source"]["sourceIdentifier"] for rule in rules} == set(RULES)
    for rule in rules:
        assert any("recorderStatus:" in urn for urn in rule.depends_on)


def test_the_recorders_bucket_is_encrypted_logged_and_kept(declared_account: Declaration) -> None:
    name = "trimaran-account-records"
    kind = "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = declared_account.one(f"aws:s3/{kind}", name).inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
    logging = declared_account.one("aws:s3/bucketLogging:BucketLogging")
    assert logging.name == name
    assert declared_account.one("aws:s3/bucket:Bucket", name).protect


def test_the_recorder_may_write_to_its_bucket_only() -> None:
    declared = account(preview=False)
    policy = json.loads(declared.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    for statement in policy["Statement"]:
        assert "*" not in statement["Resource"]
        assert not [action for action in statement["Action"] if action.endswith("*")]
    (put,) = [item for item in policy["Statement"] if item["Action"] == ["s3:PutObject"]]
    assert put["Resource"][0].endswith("/AWSLogs/000000000000/Config/*")
    trust = json.loads(declared.one("aws:iam/role:Role").inputs["assumeRolePolicy"])
    (taken,) = trust["Statement"]
    assert taken["Principal"] == {"Service": "config.amazonaws.com"}
    assert taken["Condition"] == {"StringEquals": {"aws:SourceAccount": "000000000000"}}


def test_azure_audits_by_built_in_policies_and_the_plans_that_are_named(
    declared_account: Declaration,
) -> None:
    assignments = declared_account.of(ASSIGNMENT)
    wanted = [definition for chosen in POLICIES.values() for definition in chosen.values()]
    assert sorted(item.inputs["policyDefinitionId"] for item in assignments) == sorted(wanted)
    assert {item.inputs["scope"] for item in assignments} == {
        "/subscriptions/00000000-0000-0000-0000-000000000000"
    }
    tiers = {item.inputs["pricingName"]: item.inputs["pricingTier"] for item in _plans()}
    assert tiers == configuration("account")["azure"]["defender"]


def _plans() -> list[Any]:
    return account(preview=False).of(PLAN)


def test_plans_stay_when_the_stack_goes_since_azure_deletes_none() -> None:
    assert all(plan.retained for plan in _plans())
    free = declare_account({"azure": {"defender": {"StorageAccounts": "Free"}}})
    plans = {item.inputs["pricingName"]: item.inputs for item in free.of(PLAN)}
    assert "subPlan" not in plans["StorageAccounts"]
    assert {item.inputs["pricingName"] for item in _plans() if "subPlan" in item.inputs} == {
        "StorageAccounts"
    }


@pytest.mark.parametrize(
    ("section", "flag"),
    [
        ({"aws": {"threat_detection": True}}, "manages_account"),
        ({"gcp": {"security_command_center": True}}, "manages_project"),
        ({"aws": {"recorder": True}}, "manages_account"),
        ({"azure": {"policies": ["gdpr"]}}, "manages_subscription"),
        ({"azure": {"defender": {"KeyVaults": "Standard"}}}, "manages_subscription"),
    ],
)
def test_a_stack_that_does_not_manage_the_account_may_not_ask_for_it(
    section: dict[str, Any], flag: str
) -> None:
    raw = merged(configuration("prod"), section)
    values = {f"{PROJECT}:{key}": json.dumps(value) for key, value in raw.items()}
    with pytest.raises(SettingsError) as refused:
        load(values, project=PROJECT, stack="prod", preview=True)
    (cloud,) = section
    text = str(refused.value)
    assert text.startswith(f"Pulumi.prod.yaml: {PROJECT}:{cloud}: {next(iter(section[cloud]))}")
    assert "Pulumi.account.yaml" in text
    assert flag in text
    assert parsed(merged(raw, {cloud: {flag: True}}))


def test_no_environment_declares_what_the_account_stack_does() -> None:
    for stack in ("dev", "staging", "prod"):
        settings = parsed(configuration(stack))
        assert isinstance(settings, Settings)
        assert settings.aws
        assert settings.gcp
        assert settings.azure
        assert not settings.aws.manages_account
        assert not settings.gcp.manages_project
        assert not settings.azure.manages_subscription


def test_a_managing_platform_declares_the_same_beside_its_own() -> None:
    aws = {"manages_account": True, "threat_detection": True, "recorder": True}
    declared = declare_aws("dev", {"aws": aws})
    for token in (DETECTOR, FEATURE, "aws:cfg/recorder:Recorder"):
        assert declared.one(token).name.startswith("trimaran-dev")
    assert len(declared.of("trimaran:aws:Keys")) == 1


@pytest.mark.parametrize("switch", [False, "false"])
def test_without_a_platform_its_settings_are_none(switch: object) -> None:
    raw = merged(configuration("account"), {"platform": switch})
    assert isinstance(parsed(raw), AccountSettings)
    with pytest.raises(ValidationError, match="training"):
        parsed(merged(raw, {"training": {"epochs": 3}}))
    with pytest.raises(ValidationError, match="serving"):
        parsed(merged(raw, {"aws": {"serving": {"instance_count": 2}}}))
    with pytest.raises(ValidationError, match="manages_account must be on"):
        parsed(merged(raw, {"aws": {"manages_account": False, **dict.fromkeys(_SHARED, False)}}))


_SHARED = ("threat_detection", "recorder")
