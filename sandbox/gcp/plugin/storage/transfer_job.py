"""``gcp:storage/transferJob:TransferJob``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.resource import POLICY, GcpResource
from sandbox.gcp.plugin.wire import from_wire, to_wire
from sandbox.plugins.rules import conflicting, longest, matches, one_of

_DURATION = r"\d+(\.\d{1,9})?s"


class TransferJob(GcpResource):
    """A transfer between stores, once or by a schedule; its agent must reach the sink already."""

    token = "gcp:storage/transferJob:TransferJob"
    immutable = frozenset({"name", "project"})
    mutable = frozenset(
        {
            "deletionPolicy",
            "description",
            "eventStream",
            "loggingConfig",
            "notificationConfig",
            "schedule",
            "status",
            "transferSpec",
        }
    )
    local = frozenset({POLICY})
    defaults = {"status": "ENABLED"}
    unknown_until_created = frozenset({"loggingConfig", "name"})
    volatile = frozenset({"lastModificationTime"})
    sets = frozenset({"eventTypes"})
    assumed = {"schedule.repeatInterval": "86400s"}
    instead = {"replicationSpec": "transferSpec", "serviceAccount": "the service's own agent"}
    rules = (
        conflicting("schedule", "eventStream"),
        longest("description", 1024),
        matches("name", r"transferJobs/[\w-]{1,128}", "expected transferJobs/NAME"),
        matches("schedule.repeatInterval", _DURATION, "expected seconds such as 3600s"),
        one_of("status", {"ENABLED", "DISABLED", "DELETED"}),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        body = {**self._body(inputs), "projectId": inputs["project"]}
        return str(cloud.call("POST", "/v1/transferJobs", body=body)["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        project, name = known.get("project"), known.get("name") or resource_id
        if not str(name).startswith("transferJobs/"):
            # An import may say PROJECT/NAME.
            project, _, name = resource_id.partition("/")
        query = {"projectId": str(project or cloud.configuration.project)}
        answer = cloud.call("GET", f"/v1/{name}", query=query)
        if answer.get("status") == "DELETED":
            return None
        wanted = {key: item for key, item in self.schema.outputs.items() if key != POLICY}
        return {**from_wire(answer, wanted, {}), "name": name, "project": answer["projectId"]}

    def id_of(self, resource_id: str, found: Properties) -> str:
        return str(found["name"])

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        fields = sorted(changed - self.local)
        if fields:
            self._patch(cloud, resource_id, new, self._body(new), fields)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        # As the real provider does it: the job stays, marked as deleted, for 30 days.
        self._patch(cloud, resource_id, outputs, {"status": "DELETED"}, ["status"])

    def _body(self, inputs: Properties) -> dict[str, Any]:
        hidden = self.local | {"project"}
        sent = {name: value for name, value in inputs.items() if name not in hidden}
        return to_wire(sent, self.schema.inputs, {})

    @staticmethod
    def _patch(
        cloud: Cloud, name: str, properties: Properties, body: dict[str, Any], fields: list[str]
    ) -> None:
        cloud.call(
            "PATCH",
            f"/v1/{name}",
            body={
                "projectId": properties["project"],
                "transferJob": {key: body[key] for key in fields if key in body},
                "updateTransferJobFieldMask": ",".join(fields),
            },
        )
