"""A wrong setting of the Azure section is refused with a sentence that says what is allowed."""

from typing import Any

import pytest

from stacks.azure_settings import MICROSOFT_IMAGE, AzureSettings
from stacks.settings import load
from tests.unit.declared import PROJECT, settings_of
from tests.unit.stacks.test_settings import raw, refusal

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"subscription_id": "my-subscription"}, "trimaran:azure.subscription_id"),
        ({"training": {"machine_type": "Standard_DS33_v2"}}, "nearest of its"),
        ({"training": {"idle_seconds": 5}}, "greater than or equal to 60"),
        ({"training": {"retraining_schedule": "daily"}}, "a schedule has five fields"),
        ({"serving": {"machine_type": "Standard_D2_v2"}}, "for online endpoints"),
        ({"serving": {"targets": []}}, "trimaran:azure.serving.targets"),
        ({"serving": {"targets": ["kubernetes"]}}, "'container'"),
        ({"serving": {"autoscaling": {"min_replicas": 3}}}, "must not exceed max_replicas"),
        ({"serving": {"container": {"cpu": 8}}}, "less than or equal to 4"),
        ({"serving": {"container": {"tls": False}}}, "would travel in clear"),
        ({"serving": {"request_timeout_seconds": 600}}, "less than or equal to 180"),
        ({"network": {"cidr": "8.8.8.0/24"}}, "private IPv4 range of /16 to /26"),
        ({"network": {"allowed_addresses": ["10.0.0.1"]}}, "must be a public IPv4 address"),
        ({"keys": {"rotation_days": 3}}, "greater than or equal to 7"),
        ({"keys": {"deletion_window_days": 91}}, "less than or equal to 90"),
        ({"watch": {"idle_hours": 12}}, "must be one of 1, 2, 3, 4, 5, 6, 24, 48"),
        ({"spend": {"start_date": "2026-12-15"}}, "the first of a month: 2026-12-01"),
        ({"transfer": {}}, "trimaran:azure.transfer is not a setting"),
    ],
)
def test_wrong_settings_of_azure_are_refused(section: dict[str, Any], told: str) -> None:
    assert told in refusal({"azure": section})


@pytest.mark.parametrize(
    ("done", "keys"),
    [
        ({}, ["subscription_id", "tenant_id"]),
        ({"subscription_id": SUBSCRIPTION}, ["tenant_id"]),
    ],
)
@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_placeholders_of_azure_are_good_for_previews_only(
    stack: str, done: dict[str, str], keys: list[str]
) -> None:
    changes = {"clouds": ["azure"], "azure": done}
    load(raw(stack, changes), project=PROJECT, stack=stack, preview=True)
    text = refusal(changes, stack=stack, preview=False)
    if stack != "dev":
        keys = [*keys, "training.image", "serving.image"]
    assert text.count("is still the placeholder") == len(keys)
    for key in keys:
        assert f"pulumi config set --path 'trimaran:azure.{key}'" in text


def test_a_configured_subscription_may_be_updated() -> None:
    done = {"subscription_id": SUBSCRIPTION, "tenant_id": SUBSCRIPTION}
    values = raw("dev", {"clouds": ["azure"], "azure": done})
    assert load(values, project=PROJECT, stack="dev", preview=False)


def test_a_container_without_tls_is_refused_in_production() -> None:
    text = refusal({"azure": {"serving": {"container": {"tls": False}}}}, stack="prod")
    assert "azure.serving.container.tls must be on where protect_data is set" in text
    # Nothing is served without it where there is no container.
    other = {"serving": {"targets": ["endpoint"], "container": {"tls": False}}}
    load(raw("prod", {"azure": other}), project=PROJECT, stack="prod", preview=True)


def test_training_and_serving_have_the_same_image() -> None:
    settings = AzureSettings()
    assert settings.training.image == settings.serving.image == MICROSOFT_IMAGE


def test_staging_and_production_are_private_and_the_others_are_not() -> None:
    enabled = {}
    for stack in ("local", "dev", "staging", "prod"):
        azure = settings_of(stack).azure
        assert azure is not None
        enabled[stack] = azure.network.enabled
    assert enabled == {"local": False, "dev": False, "staging": True, "prod": True}


@pytest.mark.parametrize(
    ("image", "fixed"),
    [
        (MICROSOFT_IMAGE, False),
        ("registry.example:5000/training", False),
        ("mcr.microsoft.com/azureml/curated/mlflow-py312-inference:12", True),
        ("registry.example:5000/training@sha256:0123", True),
    ],
)
def test_a_private_stack_is_updated_with_images_that_stay_only(image: str, fixed: bool) -> None:
    done = {"subscription_id": SUBSCRIPTION, "tenant_id": SUBSCRIPTION}
    images = {"training": {"image": image}, "serving": {"image": image}}
    changes = {"clouds": ["azure"], "azure": {**done, **images}}
    if fixed:
        assert load(raw("prod", changes), project=PROJECT, stack="prod", preview=False)
        return
    text = refusal(changes, stack="prod", preview=False)
    assert text.count("is still the placeholder") == 2
    assert "'trimaran:azure.serving.image'" in text
    assert load(raw("dev", changes), project=PROJECT, stack="dev", preview=False)
