"""``aws:cfg/recorderStatus:RecorderStatus``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource


class RecorderStatus(AwsResource):
    """Whether a recorder records; a deletion stops it. It needs a delivery channel."""

    token = "aws:cfg/recorderStatus:RecorderStatus"
    behaviour = "recorded"
    immutable = frozenset({"name", "region"})
    mutable = frozenset({"isEnabled"})

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        name = str(inputs["name"])
        _switch(cloud, name, on=bool(inputs["isEnabled"]))
        return name

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run(
            "config",
            "describe_configuration_recorder_status",
            ConfigurationRecorderNames=[resource_id],
        )["ConfigurationRecordersStatus"][0]
        return {"isEnabled": bool(found.get("recording")), "name": resource_id}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        _switch(cloud, resource_id, on=bool(new["isEnabled"]))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        _switch(cloud, resource_id, on=False)


def _switch(cloud: Cloud, name: str, *, on: bool) -> None:
    operation = "start_configuration_recorder" if on else "stop_configuration_recorder"
    cloud.run("config", operation, ConfigurationRecorderName=name)
