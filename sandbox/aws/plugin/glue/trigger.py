"""``aws:glue/trigger:Trigger``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.glue_resource import TAGGING, GlueResource
from sandbox.aws.plugin.rules import enumerated
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import each, longest


def _fault(action: Any) -> str | None:
    given = [name for name in ("jobName", "crawlerName") if action.get(name)]
    return None if len(given) == 1 else "an action names either jobName or crawlerName"


class Trigger(GlueResource):
    """What starts jobs and crawlers; ``enabled`` says whether its schedule is on."""

    token = "aws:glue/trigger:Trigger"
    kind = "trigger"
    auto_name = AutoName("name", 255)
    create_operation = "CreateTrigger"
    describe_operation = "GetTrigger"
    update_operation = "UpdateTrigger"
    update_wrapper = "TriggerUpdate"
    delete_operation = "DeleteTrigger"
    identity = "Name"
    answer = "Trigger"
    tagging = TAGGING
    immutable = frozenset({"name", "region", "type", "workflowName"})
    mutable = frozenset(
        {"actions", "description", "enabled", "schedule", "startOnCreation", "tags"}
    )
    local = frozenset({"enabled", "startOnCreation"})
    defaults = {"enabled": True}
    rules = (
        longest("name", 255),
        longest("description", 2048),
        enumerated("type", "glue", "TriggerType"),
        each("actions[]", _fault),
    )

    def request(self, inputs: Properties) -> dict[str, Any]:
        # A schedule that is enabled starts with its creation, unless told otherwise.
        scheduled = inputs.get("type") != "ON_DEMAND"
        start = inputs.get("startOnCreation", scheduled and inputs.get("enabled", True))
        return {**super().request(inputs), "StartOnCreation": start}

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        made = super().make(cloud, inputs)
        if inputs.get("enabled") and inputs.get("type") == "ON_DEMAND":
            self.call(cloud, "StartTrigger", Name=made)
        return made

    def more(self, cloud: Cloud, resource_id: str, found: dict[str, Any]) -> dict[str, Any]:
        on = found.get("State") in ("ACTIVATED", "ACTIVATING")
        known = {} if found.get("Type") == "ON_DEMAND" else {"enabled": on}
        return {**super().more(cloud, resource_id, found), **known}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if changed - self.local:
            skipped = {"name", "type", "workflowName"}
            kept = {key: value for key, value in new.items() if key not in skipped}
            wired = self.wired(kept, self.update_operation, self.update_wrapper)
            self.call(cloud, self.update_operation, Name=resource_id, TriggerUpdate=wired)
        if "enabled" in changed:
            verb = "StartTrigger" if new.get("enabled", True) else "StopTrigger"
            self.call(cloud, verb, Name=resource_id)
