"""``aws:athena/workgroup:Workgroup``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.api_resource import ApiResource
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.tagging import Tagging
from sandbox.aws.plugin.wire import shape, to_wire
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import between, longest, matches, one_of


class Workgroup(ApiResource):
    """A workgroup; ``forceDestroy`` deletes it with its named queries."""

    token = "aws:athena/workgroup:Workgroup"
    service = "athena"
    auto_name = AutoName("name", 128)
    names = {"kmsKeyArn": "KmsKey", "resultConfiguration": "ResultConfigurationUpdates"}
    create_operation = "CreateWorkGroup"
    describe_operation = "GetWorkGroup"
    identity = "WorkGroup"
    answer = "WorkGroup"
    immutable = frozenset({"name", "region"})
    mutable = frozenset({"configuration", "description", "forceDestroy", "state", "tags"})
    local = frozenset({"forceDestroy"})
    defaults = {"forceDestroy": False, "state": "ENABLED"}
    assumed = {
        "configuration.enforceWorkgroupConfiguration": True,
        "configuration.publishCloudwatchMetricsEnabled": True,
    }
    tagging = Tagging(
        service="athena",
        list_operation="list_tags_for_resource",
        tag_operation="tag_resource",
        untag_operation="untag_resource",
        resource="ResourceARN",
    )
    rules = (
        matches("name", r"[0-9A-Za-z._-]{1,128}", "at most 128 letters, digits, . _ and -"),
        one_of("state", {"ENABLED", "DISABLED"}),
        longest("description", 1024),
        between("configuration.bytesScannedCutoffPerQuery", 10_485_760, 2**63),
        one_of(
            "configuration.resultConfiguration.encryptionConfiguration.encryptionOption",
            {"SSE_S3", "SSE_KMS", "CSE_KMS"},
        ),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        sent = {name: value for name, value in inputs.items() if name != "state"}
        parameters = super().request(sent)
        # The provider's defaults where the API's differ.
        given = parameters.setdefault("Configuration", {})
        given.setdefault("EnforceWorkGroupConfiguration", True)
        given.setdefault("PublishCloudWatchMetricsEnabled", True)
        return parameters

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        name = super().make(cloud, inputs)
        if inputs.get("state") == "DISABLED":
            cloud.run("athena", "update_work_group", WorkGroup=name, State="DISABLED")
        return name

    def more(self, cloud: Cloud, resource_id: str, found: dict[str, Any]) -> dict[str, Any]:
        return {"arn": cloud.arn("athena", f"workgroup/{resource_id}")}

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = super().find(cloud, resource_id, known)
        declared = known.get("configuration") or {}
        told = (found or {}).get("configuration") or {}
        if not declared.get("engineVersion"):
            # The engine that AUTO stands for is Athena's choice, and changes with time.
            told.pop("engineVersion", None)
        return found

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if not changed - self.local:
            return
        target = shape("athena", "WorkGroupConfigurationUpdates")
        updates = to_wire(new.get("configuration") or {}, target, self.names)
        updates.setdefault("EnforceWorkGroupConfiguration", True)
        updates.setdefault("PublishCloudWatchMetricsEnabled", True)
        if "BytesScannedCutoffPerQuery" not in updates:
            updates["RemoveBytesScannedCutoffPerQuery"] = True
        results = updates.setdefault("ResultConfigurationUpdates", {})
        for member in ("EncryptionConfiguration", "OutputLocation", "ExpectedBucketOwner"):
            if member not in results:
                results[f"Remove{member}"] = True
        cloud.run(
            "athena",
            "update_work_group",
            WorkGroup=resource_id,
            Description=new.get("description", ""),
            State=new.get("state"),
            ConfigurationUpdates=updates,
        )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        recursive = bool(outputs.get("forceDestroy"))
        cloud.run(
            "athena", "delete_work_group", WorkGroup=resource_id, RecursiveDeleteOption=recursive
        )
