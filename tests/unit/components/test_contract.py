"""The same noun has the same arguments and outputs in each cloud; every difference is listed."""

import inspect
from dataclasses import fields, is_dataclass
from importlib import import_module

import pulumi
import pytest

from components.search import Search

CLOUDS = ("aws", "gcp", "azure")

# Noun to module; and what only one cloud has, with the reason.
NOUNS = {
    "Keys": "keys",
    "Lake": "lake",
    "Prep": "prep",
    "Training": "training",
    "Serving": "serving",
    "Watch": "watch",
    "Spend": "spend",
}
# What names the place a slice lives in: an account has one number, a project an id.
PLACE = {
    "aws": {"account_id", "region"},
    "gcp": {"project_id", "project_number", "region"},
    "azure": {"subscription_id", "tenant_id", "resource_group_name", "region"},
}
OWN_ARGS = {
    ("aws", "Prep"): {
        "database",  # catalogue and query service
        "workgroup",
        "role_arn",
        "log_prefix",
        "crawl_schedule",
        "wheels",  # the other clouds' images have what opens a sealed table
    },
    ("gcp", "Prep"): {"account_email", "runner"},
    ("gcp", "Keys"): {"agents", "key_ring", "rotation_days"},  # AWS rotates once a year
    ("aws", "Training"): {
        "role_arn",
        "instance_type",  # the clouds' own words for a machine and their number
        "instance_count",
        "volume_gb",
        "spot_wait_minutes",  # Vertex AI waits a day and cannot be told otherwise
        "placement",
    },
    ("gcp", "Training"): {
        "container",
        "account_email",
        "machine_type",
        "accelerator",  # part of the type on AWS
        "replica_count",
        "disk_gb",
        "spot",
    },
    ("aws", "Serving"): {
        "role_arn",
        "capture_percent",
        "instance_type",
        "instance_count",
        "serverless",
        "rollback_alarm_names",  # Vertex AI has no rollback by alarm
        "baking_minutes",
        "placement",
    },
    ("gcp", "Serving"): {
        "account_email",
        "machine_type",
        "accelerator",
        "replica_count",
        "access",
        "allowed_projects",
    },
    ("aws", "Watch"): {
        "endpoint_name",  # CloudWatch's dimensions
        "variant_name",
        "has_instances",
        "idle_days",  # each cloud's longest span has another unit
        "log_key_id",
        "log_days",
        "log_prefix",
        "monitored_features",  # Vertex AI monitors by itself
        "monitoring_log_prefix",
    },
    ("gcp", "Watch"): {"endpoint_number", "idle_hours", "log_bucket"},
    ("aws", "Keys"): {"trail_arn"},  # the log bucket's policy names the trail
    ("aws", "Lake"): {"trail_arn"},
    ("aws", "Spend"): {"topic_arn"},
    ("gcp", "Spend"): {"channel_names", "billing_account"},
    ("azure", "Keys"): {
        "access",  # a vault is reached over the network
        "rotation_days",
        "uploader_object_id",  # owners of a subscription may not use its keys
        "uploader_type",
    },
    ("azure", "Lake"): {
        "access",
        "encryption_identity_id",  # as which the account uses the keys
        "uploader_object_id",  # owners of a subscription may not touch its data
        "uploader_type",
        "zone_redundant",  # the other clouds' buckets always are
    },
    ("azure", "Prep"): {
        "library",
        "image",
        "compute_id",  # jobs of all kinds share a cluster
        "identity",
    },
    ("azure", "Training"): {
        "library",
        "compute_id",
        "identity",
        "target",  # of AutoML
        "automl_trials",
        "retraining_schedule",
    },
    ("azure", "Serving"): {
        "library",
        "identity",
        "code_directory",  # the others serve the code that came with the model
        "endpoint",
        "container",
        "is_private",
        "container_subnet_id",
        "probe_row",
    },
    ("azure", "Watch"): {
        "log_workspace_id",
        "log_account_id",
        "watched",  # diagnostic settings are resources of their own
        "endpoint_id",
        "deployment_id",
        "container_id",
        "container_cpu",
        "idle_hours",
    },
    ("azure", "Spend"): {"resource_group_id", "start_date", "action_group_id", "emails"},
}
# What only one cloud does without, with the reason.
ABSENT_ARGS = {
    ("azure", "Prep"): {
        "columns",  # the file's own header is read
        "bucket_names",  # addresses are those of datastores
        "placement",  # the cluster's
        "worker_type",
        "workers",
    },
    ("azure", "Training"): {"keep_records"},  # a job's record goes with its workspace only
    ("azure", "Serving"): {"bucket_names", "key_ids"},
}
OWN_KINDS = {("aws", "monitoring")}  # the others' services monitor by themselves
OWN_OUTPUTS = {
    ("gcp", "Serving"): {"deployed_model_id"},  # what model monitoring is told
    ("gcp", "Keys"): {"key_ring"},
    ("aws", "Prep"): {"database", "workgroup", "security_configuration", "connections"},
    ("aws", "Lake"): {"log_bucket"},  # the trail waits for its policy
    ("aws", "Watch"): {"topic_arn", "rollback_alarm_names"},
    ("gcp", "Watch"): {"channel_names", "policy_names"},
    ("azure", "Keys"): {
        "key_versions",
        "vault_id",
        "vault_url",
        "identity_id",
        "identity_client_id",
        "sealed_key_scope",  # roles are given on ARM ids
    },
    ("azure", "Lake"): {
        "account_id",
        "account_name",
        "account_url",
        "log_account_id",
        "raw_folder",
    },
    ("azure", "Training"): {"automl"},
    ("azure", "Serving"): {"endpoint", "container"},
    ("azure", "Watch"): {"action_group_id"},
}


def _module(cloud: str, noun: str) -> object:
    return import_module(f"components.{cloud}.{NOUNS[noun]}")


def _args(cloud: str, noun: str) -> set[str]:
    return {item.name for item in fields(getattr(_module(cloud, noun), f"{noun}Args"))}


def _outputs(cloud: str, noun: str) -> set[str]:
    return set(inspect.get_annotations(getattr(_module(cloud, noun), noun)))


@pytest.mark.parametrize("noun", NOUNS)
def test_arguments_are_the_same_but_for_those_listed(noun: str) -> None:
    shared = []
    for cloud in CLOUDS:
        own = OWN_ARGS.get((cloud, noun), set())
        absent = ABSENT_ARGS.get((cloud, noun), set())
        assert own <= _args(cloud, noun), f"listed, but gone: {own - _args(cloud, noun)}"
        assert not absent & _args(cloud, noun), f"listed as absent: {absent & _args(cloud, noun)}"
        shared.append((_args(cloud, noun) - own - PLACE[cloud]) | absent)
    assert shared[0] == shared[1] == shared[2]
    assert shared[0]


@pytest.mark.parametrize("noun", NOUNS)
def test_outputs_are_the_same_but_for_those_listed(noun: str) -> None:
    shared = []
    for cloud in CLOUDS:
        own = OWN_OUTPUTS.get((cloud, noun), set())
        assert own <= _outputs(cloud, noun), f"listed, but gone: {own}"
        shared.append(_outputs(cloud, noun) - own)
    assert shared[0] == shared[1] == shared[2]
    assert shared[0]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("noun", NOUNS)
def test_arguments_are_frozen_and_given_by_name(cloud: str, noun: str) -> None:
    args = getattr(_module(cloud, noun), f"{noun}Args")
    assert is_dataclass(args)
    assert vars(args)["__dataclass_params__"].frozen
    assert all(item.kw_only for item in fields(args))
    component = getattr(_module(cloud, noun), noun)
    assert issubclass(component, pulumi.ComponentResource)
    assert list(inspect.signature(component.__init__).parameters) == [
        "self",
        "name",
        "args",
        "opts",
    ]


def test_zones_and_job_kinds_are_the_same_words() -> None:
    for module, name in (("lake", "Zone"), ("identity", "JobKind")):
        values = [
            [
                item.value
                for item in getattr(import_module(f"components.{cloud}.{module}"), name)
                if (cloud, item.value) not in OWN_KINDS
            ]
            for cloud in CLOUDS
        ]
        assert values[0] == values[1] == values[2]


def test_a_search_is_the_same_in_each_cloud() -> None:
    for cloud in CLOUDS:
        arguments = import_module(f"components.{cloud}.training").TrainingArgs
        (search,) = (item for item in fields(arguments) if item.name == "search")
        assert search.type == Search | None, cloud
