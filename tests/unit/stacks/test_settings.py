"""A wrong setting is refused with a sentence that names file, key, value and what is allowed."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Settings, load
from stacks.settings_errors import SettingsError
from tests.unit.declared import configuration, merged

PROJECT = "trimaran"


COMMITMENT = {
    "offering_id": "01234567-89ab-4cde-8fff-0123456789ab",
    "usd_per_hour": 0.5,
    "begins": "2099-01-01",
    "ends": "2100-01-01",
    "term_years": 1,
    "acknowledged": "it cannot be taken back",
}


def raw(stack: str, changes: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The configuration as Pulumi passes it: every value a string, structures as JSON."""
    values = merged(configuration(stack), changes or {})
    return {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }


def refusal(changes: Mapping[str, Any], *, stack: str = "dev", preview: bool = True) -> str:
    with pytest.raises(SettingsError) as refused:
        load(raw(stack, changes), project=PROJECT, stack=stack, preview=preview)
    return str(refused.value)


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_every_committed_stack_file_is_valid(stack: str) -> None:
    assert load(raw(stack), project=PROJECT, stack=stack, preview=True).owner == "ml-platform"


def test_production_and_staging_have_a_network_and_the_others_have_none() -> None:
    enabled = {}
    for stack in ("local", "dev", "staging", "prod"):
        settings = load(raw(stack), project=PROJECT, stack=stack, preview=True)
        assert isinstance(settings, Settings)
        assert settings.aws is not None
        enabled[stack] = settings.aws.network.enabled
    assert enabled == {"local": False, "dev": False, "staging": True, "prod": True}


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"clowds": ["aws"]}, ["trimaran:clowds is not a setting", "known here:", "clouds"]),
        ({"aws": {"regin": "x"}}, ["trimaran:aws.regin is not a setting"]),
        (
            {"aws": {"training": {"instance_type": "ml.m5.huge"}}},
            ["trimaran:aws.training.instance_type = 'ml.m5.huge'", "nearest", "ml.m5.large"],
        ),
        (
            {"aws": {"serving": {"instance_type": "ml.trn2.48xlarge.x"}}},
            ["trimaran:aws.serving.instance_type", "SageMaker has no such hosting instance type"],
        ),
        ({"aws": {"region": "eu-west-11"}}, ["trimaran:aws.region", "nearest", "eu-west-1"]),
        ({"aws": {"region": "us-gov-west-1"}}, ["AWS has no such region"]),
        ({"clouds": "aws"}, ["trimaran:clouds = 'aws': input should be a list"]),
        ({"training": "fast"}, ["trimaran:training = 'fast': input should be a section"]),
        ({"clouds": ["aws", "oracle"]}, ["trimaran:clouds[1] = 'oracle'", "'aws'"]),
        ({"data_class": "secret"}, ["trimaran:data_class = 'secret'", "'confidential'"]),
        ({"owner": None}, ["trimaran:owner"]),
        (
            {"data": {"features": ["bill_length_mm", "wingspan"]}},
            ["trimaran:data", "has no column wingspan", "its header names species, island"],
        ),
        ({"data": {"file": "data/no.csv"}}, ["data/no.csv does not exist"]),
        (
            {"data": {"train_fraction": 0.9, "validation_fraction": 0.2}},
            ["together must stay below 1"],
        ),
        ({"training": {"min_accuracy": 1.5}}, ["trimaran:training.min_accuracy = 1.5", "1"]),
        ({"training": {"epochs": 0}}, ["trimaran:training.epochs = 0", "greater than or equal"]),
        ({"retention": {"log_days": 42}}, ["log_days = 42", "one of 1, 3, 5", "365"]),
        ({"aws": {"watch": {"idle_days": 8}}}, ["trimaran:aws.watch.idle_days = 8", "7"]),
        ({"aws": {"network": {"cidr": "8.8.8.0/24"}}}, ["private IPv4 range of /16 to /26"]),
        (
            {"aws": {"training": {"max_runtime_minutes": 200}}},
            ["max_wait_minutes (120) must be at least max_runtime_minutes (200)"],
        ),
        (
            {"aws": {"serving": {"serverless": {}, "capture_percent": 0, "autoscaling": {}}}},
            ["a serverless variant scales by itself"],
        ),
        ({"tuning": {"parallel_trials": 30}}, ["must not exceed max_trials (20)"]),
        ({"spot": "always"}, ["trimaran:spot = 'always'", "never", "jobs"]),
        ({"off_hours": {"weekend": True}}, ["no cloud here has serving.autoscaling"]),
        ({"off_hours": {"timezone": "UTC"}}, ["trimaran:off_hours", "give night, weekend or both"]),
        (
            {"off_hours": {"timezone": "Mars/Olympus", "weekend": True}},
            ["trimaran:off_hours.timezone = 'Mars/Olympus'", "Europe/Berlin"],
        ),
        ({"off_hours": {"night": {"begins": "24:00"}}}, ["off_hours.night.begins = '24:00'"]),
        ({"off_hours": {"night": {"begins": "06:00"}}}, ["begins and ends must differ"]),
        (
            {"gcp": {"serving": {"autoscaling": {"off_hours": {}}}}},
            ["gcp.serving.autoscaling.off_hours", "set off_hours"],
        ),
        (
            {
                "off_hours": {"timezone": "America/Port-au-Prince", "weekend": True},
                "azure": {"serving": {"autoscaling": {}}},
            },
            ["no name of 'America/Port-au-Prince' for Azure's autoscale settings"],
        ),
        *(
            ({cloud: {"watch": {"idle_action": "scale-to-minimum"}}}, [f"trimaran:{cloud}", why])
            for cloud, why in (
                ("aws", "a serverless variant runs nothing when it is idle"),
                ("gcp", "an alert policy of Cloud Monitoring can tell somebody, not scale"),
                ("azure", "a container group has one size"),
            )
        ),
        ({"aws": {"watch": {"idle_action": "delete"}}}, ["'alert' or 'scale-to-minimum'"]),
        (
            {"aws": {"commitment": {**COMMITMENT, "ends": "2100-01-02"}}},
            ["ends (2100-01-02) must be 2100-01-01: 1 years after begins"],
        ),
        (
            {"aws": {"commitment": {**COMMITMENT, "acknowledged": "yes"}}},
            ["trimaran:aws.commitment.acknowledged = 'yes'", "'it cannot be taken back'"],
        ),
        ({"aws": {"commitment": {**COMMITMENT, "term_years": 2}}}, ["term_years = 2", "1 or 3"]),
        ({"aws": {"commitment": COMMITMENT}}, ["trimaran:aws", "needs manages_account"]),
        *(
            ({cloud: {"commitment": COMMITMENT}}, [f"trimaran:{cloud}.commitment", f"{name} has"])
            for cloud, name in (("gcp", "GCP"), ("azure", "Azure"))
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(
    changes: Mapping[str, Any], parts: list[str]
) -> None:
    text = refusal(changes)
    assert text.startswith("Pulumi.dev.yaml: ")
    assert [part for part in parts if part not in text] == [], text


def test_the_wait_for_spot_capacity_counts_only_where_there_is_one() -> None:
    changes = {"aws": {"training": {"max_runtime_minutes": 200}}, "spot": "never"}
    load(raw("dev", changes), project=PROJECT, stack="dev", preview=True)
    own = {"aws": {"training": {"max_runtime_minutes": 200, "spot": {"enabled": True}}}}
    assert "max_wait_minutes" in refusal({**own, "spot": "never"})


def test_production_alone_never_trains_on_what_may_be_taken_away() -> None:
    for stack, expected in (("dev", True), ("staging", True), ("prod", False), ("local", False)):
        settings = load(raw(stack), project=PROJECT, stack=stack, preview=True)
        assert isinstance(settings, Settings)
        for cloud in settings.clouds:
            assert settings.uses_spot(cloud) is expected, (stack, cloud)


def test_a_missing_setting_comes_with_the_command_that_sets_it() -> None:
    values = raw("dev")
    del values["trimaran:owner"]
    with pytest.raises(SettingsError, match=r"trimaran:owner is missing.*pulumi config set --path"):
        load(values, project=PROJECT, stack="dev", preview=True)


def test_several_mistakes_are_told_at_once() -> None:
    text = refusal({"data_class": "x", "aws": {"account_id": "12"}})
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_placeholder_account_is_good_for_previews_only(stack: str) -> None:
    assert load(raw(stack), project=PROJECT, stack=stack, preview=True)
    text = refusal({}, stack=stack, preview=False)
    assert f"Pulumi.{stack}.yaml: trimaran:aws.account_id is still the placeholder" in text
    assert f"-s {stack}" in text


def test_a_configured_account_may_be_updated() -> None:
    values = raw("dev", {"clouds": ["aws"], "aws": {"account_id": "210987654321"}})
    assert load(values, project=PROJECT, stack="dev", preview=False)


def test_all_placeholders_are_told_at_once_and_how_to_do_without_a_cloud() -> None:
    *settings, last = refusal({}, preview=False).splitlines()
    keys = [line.partition(" is still")[0].rpartition(":")[2] for line in settings]
    gcp = ["gcp.project_id", "gcp.project_number", "gcp.spend.billing_account"]
    azure = ["azure.subscription_id", "azure.tenant_id"]
    assert keys == ["aws.account_id", *gcp, *azure]
    assert "take out of trimaran:clouds" in last
    alone = refusal({"clouds": ["aws"]}, preview=False)
    assert "clouds" not in alone


def test_configuration_of_other_packages_is_left_alone() -> None:
    values = {**raw("dev"), "aws:region": "eu-west-1", "pulumi:tags": "{}"}
    assert load(values, project=PROJECT, stack="dev", preview=True)


def test_settings_cannot_be_changed_after_they_were_checked() -> None:
    settings = load(raw("dev"), project=PROJECT, stack="dev", preview=True)
    with pytest.raises(ValueError, match="frozen"):
        settings.owner = "someone"


@pytest.mark.parametrize(
    ("done", "key"),
    [
        ({}, "project_id"),
        ({"project_id": "acme-ml"}, "project_number"),
        ({"project_id": "acme-ml", "project_number": "123456789012"}, "spend.billing_account"),
    ],
)
def test_a_placeholder_of_gcp_is_good_for_previews_only(done: dict[str, str], key: str) -> None:
    changes = {"clouds": ["gcp"], "gcp": done}
    load(raw("dev", changes), project=PROJECT, stack="dev", preview=True)
    text = refusal(changes, preview=False)
    assert f"Pulumi.dev.yaml: trimaran:gcp.{key} is still the placeholder" in text
    assert f"pulumi config set --path 'trimaran:gcp.{key}'" in text


def test_a_stack_without_gcp_needs_no_project() -> None:
    changes = {"clouds": ["aws"], "aws": {"account_id": "123456789012"}}
    load(raw("dev", changes), project=PROJECT, stack="dev", preview=False)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"training": {"machine_type": "n1-standart-4"}}, "nearest of its"),
        (
            {"training": {"accelerator_type": "TPU_V3", "accelerator_count": 8}},
            "n1-standard-4 takes no TPU",
        ),
        ({"training": {"accelerator_type": "NVIDIA_TESLA_T4"}}, "are given together"),
        ({"serving": {"access": "private"}}, "at least one of allowed_projects"),
        ({"serving": {"autoscaling": {"min_replicas": 3}}}, "must not exceed max_replicas"),
        ({"keys": {"rotation_days": 91}}, "less than or equal to 90"),
        (
            {"keys": {"key_ring": "projects/p/locations/europe-west1/keyRings/r"}},
            "must be in region us-central1",
        ),
        ({"watch": {"idle_hours": 48}}, "less than or equal to 23"),
        ({"transfer": {"date": "tomorrow"}}, "date"),
    ],
)
def test_wrong_settings_of_gcp_are_refused(section: dict[str, Any], told: str) -> None:
    assert told in refusal({"gcp": section})


def test_a_date_may_be_written_without_quotes_though_the_engine_makes_a_time_of_it() -> None:
    spelled = {"azure": {"spend": {"start_date": "2026-12-01 00:00:00 +0000 UTC"}}}
    settings = load(raw("dev", spelled), project=PROJECT, stack="dev", preview=True)
    assert isinstance(settings, Settings)
    assert settings.azure is not None
    assert settings.azure.spend.start_date == dt.date(2026, 12, 1)
