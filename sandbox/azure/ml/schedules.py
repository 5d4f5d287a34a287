"""``workspaces/schedules``: jobs that start at their times, while the sandbox runs."""

import copy
import datetime as dt
import logging
from typing import ClassVar

from sandbox.azure.context import Context
from sandbox.azure.errors import bad_request
from sandbox.azure.ml.jobs import Jobs
from sandbox.azure.ml.triggers import TriggerError, due
from sandbox.azure.resource_type import Call
from sandbox.azure.types import machine_learning
from sandbox.store import Record

LOOK_SECONDS = 5.0

log = logging.getLogger(__name__)


class Schedules(machine_learning.Schedules):
    """Schedules of jobs; what was due while the sandbox did not run is left out."""

    behaviour: ClassVar[str] = "behaves"

    def __init__(self, context: Context, jobs: Jobs) -> None:
        super().__init__(context)
        self._jobs = jobs
        context.every(LOOK_SECONDS, "azure-ml-schedules", self.look)

    def check(self, call: Call) -> None:
        properties = call.properties
        try:
            due(properties["trigger"], dt.datetime.now(dt.UTC))
        except TriggerError as error:
            raise bad_request(f"{error}.", "UserError") from None
        action = properties["action"]
        if action["actionType"] != "CreateJob" or not action.get("jobDefinition"):
            raise bad_request(
                "The sandbox has schedules of actionType CreateJob with a jobDefinition only.",
                "UserError",
            )
        self._jobs.check_properties(action["jobDefinition"])

    def look(self, moment: dt.datetime | None = None) -> None:
        """Start what is due in this minute and was not started in it yet."""
        moment = (moment or dt.datetime.now(dt.UTC)).replace(second=0, microsecond=0)
        stamp = moment.strftime("%Y%m%d%H%M")
        for record in self.context.resources.of_type(self.type):
            properties = record["properties"]
            if not properties.get("isEnabled", True) or record.get("_last", "") >= stamp:
                continue
            if due(properties["trigger"], moment):
                with self.context.resources.change(record["id"]) as changed:
                    changed["_last"] = stamp
                self._start(record, f"{record['name']}-{stamp}")

    def _start(self, record: Record, name: str) -> None:
        properties = copy.deepcopy(record["properties"]["action"]["jobDefinition"])
        properties.setdefault("properties", {})["azureml.scheduleId"] = record["name"]
        workspace = record["id"].rpartition("/schedules/")[0]
        log.info("schedule %s starts job %s", record["name"], name)
        self._jobs.start_job(workspace, name, properties)
