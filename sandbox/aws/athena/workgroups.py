"""Workgroups: their settings, what UpdateWorkGroup may change, where results go."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from moto.athena.models import AthenaBackend, WorkGroup, athena_backends

from sandbox.aws.context import Call, Refusal

_RESULT_REMOVALS = {
    "RemoveOutputLocation": "OutputLocation",
    "RemoveEncryptionConfiguration": "EncryptionConfiguration",
    "RemoveExpectedBucketOwner": "ExpectedBucketOwner",
    "RemoveAclConfiguration": "AclConfiguration",
}
_REMOVALS = {
    "RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery",
    "RemoveCustomerContentEncryptionConfiguration": "CustomerContentEncryptionConfiguration",
}


def backend(call: Call) -> AthenaBackend:
    """moto's state of the call's account and region."""
    return athena_backends[call.account][call.region]


def invalid(message: str) -> Refusal:
    """A refusal in the words of the API."""
    return Refusal("InvalidRequestException", message)


def find(call: Call, name: str) -> WorkGroup:
    """The workgroup of that name; refused when there is none."""
    group = backend(call).work_groups.get(name)
    if group is None:
        raise invalid(f"WorkGroup {name} is not found.")
    return group


def create(call: Call) -> None:
    """Refuse a second one of the same name; enforce the settings unless told otherwise."""
    name = call.params["Name"]
    if name in backend(call).work_groups:
        raise invalid("WorkGroup is already created")
    configuration = deepcopy(call.params.get("Configuration") or {})
    configuration.setdefault("ResultConfiguration", {})
    configuration.setdefault("EnforceWorkGroupConfiguration", True)
    configuration.setdefault("PublishCloudWatchMetricsEnabled", True)
    _normalise(configuration)
    group = backend(call).create_work_group(
        name, configuration, call.params.get("Description") or "", call.params.get("Tags") or []
    )
    assert group is not None
    group.created = datetime.now(UTC)  # type: ignore[attr-defined]


def _normalise(configuration: dict[str, Any]) -> None:
    """Say which engine AUTO means, as GetWorkGroup does."""
    selected = (configuration.get("EngineVersion") or {}).get("SelectedEngineVersion", "AUTO")
    configuration["EngineVersion"] = {
        "SelectedEngineVersion": selected,
        "EffectiveEngineVersion": "Athena engine version 3",
    }


def get(call: Call) -> dict[str, object]:
    """Answer GetWorkGroup."""
    group = find(call, call.params["WorkGroup"])
    return {
        "WorkGroup": {
            "Name": group.name,
            "State": group.state,
            "Description": group.description,
            "Configuration": group.configuration,
            "CreationTime": _created(group),
        }
    }


def list_all(call: Call) -> dict[str, object]:
    """Answer ListWorkGroups."""
    return {
        "WorkGroups": [
            {
                "Name": group.name,
                "State": group.state,
                "Description": group.description,
                "CreationTime": _created(group),
                "EngineVersion": group.configuration["EngineVersion"],
            }
            for group in backend(call).work_groups.values()
        ]
    }


def _created(group: WorkGroup) -> datetime:
    return getattr(group, "created", datetime(2020, 1, 1, tzinfo=UTC))


def update(call: Call) -> None:
    """Change the settings that are named; the others stay."""
    group = find(call, call.params["WorkGroup"])
    if "Description" in call.params:
        group.description = call.params["Description"]
    if "State" in call.params:
        group.state = call.params["State"]
    updates = deepcopy(call.params.get("ConfigurationUpdates") or {})
    result_updates = updates.pop("ResultConfigurationUpdates", {})
    result = group.configuration.setdefault("ResultConfiguration", {})
    for flag, key in _RESULT_REMOVALS.items():
        if result_updates.pop(flag, False):
            result.pop(key, None)
    result.update(result_updates)
    for flag, key in _REMOVALS.items():
        if updates.pop(flag, False):
            group.configuration.pop(key, None)
    managed = updates.pop("ManagedQueryResultsConfigurationUpdates", None)
    if managed is not None:
        kept = group.configuration.setdefault("ManagedQueryResultsConfiguration", {})
        if managed.pop("RemoveEncryptionConfiguration", False):
            kept.pop("EncryptionConfiguration", None)
        kept.update(managed)
    group.configuration.update(updates)
    _normalise(group.configuration)


def delete(call: Call) -> None:
    """Refused for the primary workgroup and, without the recursive option, for a used one."""
    name = call.params["WorkGroup"]
    if name == "primary":
        raise invalid("Cannot delete the primary workgroup")
    group = find(call, name)
    named = [each for each in backend(call).named_queries.values() if each.workgroup is group]
    if named and not call.params.get("RecursiveDeleteOption"):
        raise invalid(f"WorkGroup {name} is not empty")
    backend(call).tagger.delete_all_tags_for_resource(group.arn)
    backend(call).delete_work_group(name)


def list_tags(call: Call) -> dict[str, object]:
    """moto refuses a resource without tags; the cloud answers with none."""
    arn = call.params["ResourceARN"]
    known = [group.arn for group in backend(call).work_groups.values()]
    known += [catalog.arn for catalog in backend(call).data_catalogs.values()]
    if arn not in known:
        raise Refusal("ResourceNotFoundException", f"Resource {arn} does not exist")
    tags: dict[str, object] = dict(backend(call).list_tags_for_resource(arn) or {})
    return tags if "Tags" in tags else {"Tags": []}
