"""What stands in the way of a job that is named from its content.

A job of that name may be there and not (or no longer) be the resource that is created: an update
was killed before it wrote the job down, or code and settings went back to what they were. Azure ML
refuses another job under a name, and azure-native refuses to create what exists. The hook given
here runs just before such a creation, in the program's process and on real updates only: this
stack's own record is removed, its artefacts stay; anything else is left alone and named.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import pulumi

from components.azure.runs import jobs
from components.azure.runs.cloud import send
from components.azure.runs.errors import ApiError, explained
from components.runs.polling import LONGEST_PAUSE, SHORTEST_PAUSE, duration
from plugin.handler import ResourceFailedError

# The tags that tell whose a resource is: see components.tags.
OWNER_TAGS: Final = ("project", "stack")
_LIMIT_SECONDS: Final = 1800.0


def leftover_hooks() -> pulumi.ResourceHookBinding:
    """The option ``hooks`` for a job with a name of its own; its tags hold project and stack."""
    return pulumi.ResourceHookBinding(before_create=[_before_create])


async def _before_create(args: pulumi.ResourceHookArgs) -> None:
    # In a thread of its own: the program's event loop must go on registering.
    await asyncio.to_thread(clear_way, args.new_inputs or {})


def clear_way(inputs: Mapping[str, Any], pause: Callable[[float], None] = time.sleep) -> None:
    """Removes this stack's own job of the name that ``inputs`` give a new one.

    Raises:
        ResourceFailedError: when the job is somebody else's, or does not go.
    """
    # The compute is of the same workspace, and its id tells where that is.
    workspace_id = str(inputs["properties"]["computeId"]).rpartition("/computes/")[0]
    job_id = f"{workspace_id}/jobs/{inputs['id']}"
    subject = f"job {inputs['id']}"
    with explained(subject):
        start, asked = time.monotonic(), set[str]()
        while (job := jobs.find(job_id)) is not None:
            _require_own(subject, inputs, job)
            status = str(job["properties"].get("status"))
            step = "DELETE" if status in jobs.ENDED else "POST"
            if step not in asked:
                _ask(step, job_id)
                asked.add(step)
            elapsed = time.monotonic() - start
            if elapsed > _LIMIT_SECONDS:
                raise ResourceFailedError(
                    f"{subject} is in the way, left by an earlier update, and is still {status} "
                    f"{duration(elapsed)} after its removal was asked for. Delete it in the "
                    "studio, then run `pulumi up` again"
                )
            pause(min(max(elapsed / 10, SHORTEST_PAUSE), LONGEST_PAUSE))


def _ask(step: str, job_id: str) -> None:
    try:
        send(step, job_id if step == "DELETE" else f"{job_id}/cancel")
    except ApiError as error:
        # It moved on between the look and the request: look again.
        if error.status not in {400, 404, 409}:
            raise


def _require_own(subject: str, inputs: Mapping[str, Any], job: Mapping[str, Any]) -> None:
    declared = (inputs.get("properties") or {}).get("tags") or {}
    tags = job["properties"].get("tags") or {}
    if all(declared.get(key) and tags.get(key) == declared[key] for key in OWNER_TAGS):
        return
    raise ResourceFailedError(
        f"{subject} exists already and is not this stack's: its tags are {tags or 'none'}. It was "
        "left alone. Delete it if nobody needs it, or change the stack's name"
    )
