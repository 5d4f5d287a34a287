"""``aws:cfg/recorder:Recorder``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import arn
from sandbox.aws.plugin.wire import from_wire, shape, to_wire

_SHAPE = "ConfigurationRecorder"


class Recorder(AwsResource):
    """AWS Config's recorder, one a region; it records nothing here."""

    token = "aws:cfg/recorder:Recorder"
    behaviour = "recorded"
    immutable = frozenset({"name", "region"})
    mutable = frozenset({"recordingGroup", "roleArn"})
    defaults = {"name": "default"}
    unknown_until_created = frozenset({"recordingGroup"})
    rules = (arn("roleArn"),)

    def request(self, inputs: Properties) -> dict[str, Any]:
        sent = {
            name: inputs[name] for name in ("name", "roleArn", "recordingGroup") if name in inputs
        }
        wired: dict[str, Any] = to_wire(sent, shape("config", _SHAPE), {})
        return wired

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        cloud.run(
            "config", "put_configuration_recorder", ConfigurationRecorder=self.request(inputs)
        )
        return str(inputs["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run(
            "config",
            "describe_configuration_recorders",
            ConfigurationRecorderNames=[resource_id],
        )["ConfigurationRecorders"][0]
        wanted = {name: self.schema.inputs[name] for name in ("name", "roleArn", "recordingGroup")}
        result: dict[str, Any] = from_wire(found, wanted, shape("config", _SHAPE), {})
        group = result["recordingGroup"]
        if group.get("allSupported"):
            # What follows from it, unless the program says it as well.
            said = known.get("recordingGroup") or {}
            result["recordingGroup"] = {
                name: value
                for name, value in group.items()
                if name in said or name in ("allSupported", "includeGlobalResourceTypes")
            }
        return result

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.make(cloud, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run("config", "delete_configuration_recorder", ConfigurationRecorderName=resource_id)
