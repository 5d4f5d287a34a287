"""Triggers: what starts jobs and crawlers on a schedule or when asked.

A schedule that came due while the sandbox was down is not made up for.
"""

import functools
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.glue.models import FakeTrigger, GlueBackend, glue_backends
from moto.glue.utils import Action

from sandbox.aws.autoscaling.schedules import ScheduleError, next_time
from sandbox.aws.context import Call, Context, Refusal

SCHEDULED, ON_DEMAND = "SCHEDULED", "ON_DEMAND"
LOOK_EVERY = 1.0
"""Seconds between two looks at the schedules, which tell minutes."""
_RUN = ("Arguments", "Timeout", "SecurityConfiguration", "NotificationProperty")

log = logging.getLogger(__name__)


class Triggers:
    """The operations on triggers, and the clock that fires them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen = datetime.now(UTC)

    def create(self, call: Call) -> Any:
        params = call.params
        if params["Name"] in _backend(call).triggers:
            message = f"Trigger with name {params['Name']} already exists."
            raise Refusal("AlreadyExistsException", message)
        kind = params["Type"]
        if kind not in (SCHEDULED, ON_DEMAND):
            # What is kept and never fires would look like a trigger that works.
            message = f"The sandbox fires {SCHEDULED} and {ON_DEMAND} triggers, none of type {kind}"
            raise _invalid(message)
        if params.get("StartOnCreation") and kind == ON_DEMAND:
            raise _invalid(f"StartOnCreation is not supported for {ON_DEMAND} triggers")
        _check(kind, params)
        return call.original()

    def update(self, call: Call) -> dict[str, object]:
        """Replace the definition; the state and the type stay."""
        trigger, update = _find(call), call.params["TriggerUpdate"]
        if (trigger.workflow_name or None) != update.get("WorkflowName", trigger.workflow_name):
            raise _invalid("the workflow of a trigger cannot be changed")
        _check(trigger.trigger_type, update)
        trigger.schedule = update.get("Schedule", trigger.schedule)
        trigger.description = update.get("Description", "")
        trigger.actions = [Action(action) for action in update["Actions"]]
        return {"Trigger": trigger.as_dict()}

    def start(self, call: Call) -> dict[str, object]:
        """Turns a schedule on; a trigger on demand fires."""
        trigger = _find(call)
        if trigger.trigger_type == ON_DEMAND:
            self._fire(trigger)
        else:
            trigger.start_trigger()
        return {"Name": trigger.name}

    def tick(self, now: datetime | None = None) -> None:
        """Fire what has come due since the last look."""
        seen, self._seen = self._seen, now or datetime.now(UTC)
        for regions in glue_backends.values():
            for backend in regions.values():
                for trigger in list(backend.triggers.values()):
                    if trigger.trigger_type == SCHEDULED and trigger.state == "ACTIVATED":
                        due = next_time(trigger.schedule, after=seen, timezone=None, anchor=seen)
                        if due is not None and due <= self._seen:
                            self._fire(trigger)

    def _fire(self, trigger: FakeTrigger) -> None:
        glue = self._context.client("glue", trigger.backend.region_name)
        for action in trigger.actions:
            wanted: Mapping[str, Any] = action.as_dict()
            try:
                if "CrawlerName" in wanted:
                    glue.start_crawler(Name=wanted["CrawlerName"])
                else:
                    more = {key: wanted[key] for key in _RUN if key in wanted}
                    glue.start_job_run(JobName=wanted["JobName"], **more)
            except (BotoCoreError, ClientError) as error:
                # As in the cloud: a run that is still going is not joined by a second one.
                log.warning("trigger %s: %s", trigger.name, error)


def _backend(call: Call) -> GlueBackend:
    return glue_backends[call.account][call.region]


def _find(call: Call) -> FakeTrigger:
    trigger = _backend(call).triggers.get(call.params["Name"])
    if trigger is None:
        raise Refusal("EntityNotFoundException", f"Trigger {call.params['Name']} not found.")
    return trigger


def _invalid(message: str) -> Refusal:
    return Refusal("InvalidInputException", message)


def _check(kind: str, definition: Mapping[str, Any]) -> None:
    actions = definition.get("Actions") or []
    if not actions:
        raise _invalid("Actions cannot be null or empty")
    for action in actions:
        if ("JobName" in action) == ("CrawlerName" in action):
            raise _invalid("an action names either a job or a crawler")
    if kind != SCHEDULED:
        return
    schedule = definition.get("Schedule") or ""
    now = datetime.now(UTC)
    try:
        if not schedule.startswith("cron("):
            raise ScheduleError("Glue takes cron(…) only")
        next_time(schedule, after=now, timezone=None, anchor=now)
    except ScheduleError as error:
        raise _invalid(f"Schedule {schedule!r}: {error}") from None


def install(context: Context) -> None:
    """Plug the operations and the clock in."""
    triggers = Triggers(context)
    add = functools.partial(context.operation, "glue")
    add("CreateTrigger", triggers.create)
    add("UpdateTrigger", triggers.update)
    add("StartTrigger", triggers.start)
    context.every(LOOK_EVERY, "glue-triggers", triggers.tick)
