"""Jobs of Azure Machine Learning: waiting for one, and cancelling it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from components.azure.runs import cloud, run_history
from components.azure.runs.cloud import ML_API_VERSION, endpoints, send
from components.azure.runs.errors import ApiError, explained, remedy
from components.azure.runs.logs import excerpt, last_line
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, Properties, ResourceFailedError
from plugin.provider import Context

COMPLETED: Final = "Completed"
ENDED: Final = frozenset({COMPLETED, "Failed", "Canceled"})
_CANCELLING: Final = "CancelRequested"
_CANCEL_SECONDS: Final = 1800.0
_ID: Final = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/[^/]+/jobs/(?P<name>[^/]+)",
    re.IGNORECASE,
)


class MissingJobError(ResourceFailedError):
    """There is no job of that id."""


def is_job_id(text: str) -> bool:
    """Whether ``text`` is the id of a workspace's job."""
    return _ID.fullmatch(text) is not None


def name_of(job_id: str) -> str:
    """The last part of a job's id."""
    return str(job_id).rsplit("/", 1)[-1]


def kind_of(job: Mapping[str, Any]) -> str:
    """``Command``, ``Sweep`` or ``AutoML``."""
    return str(job["properties"].get("jobType", ""))


def find(job_id: str) -> dict[str, Any] | None:
    """The job as the API describes it, or ``None`` when there is none.

    Raises:
        ApiError: when the API does not tell.
    """
    return cloud.find(job_id)


def again(job_id: str) -> str:
    """How to run a job once more that would have the same name, its content being the same."""
    return (
        "A change of code, data or settings starts another job; to run the same once more, delete "
        f"its record (`az rest --method delete --url '{endpoints().resource_manager}{job_id}"
        f"?api-version={ML_API_VERSION}'`), then `pulumi up --refresh`"
    )


def wait(context: Context, inputs: Properties) -> dict[str, Any]:
    """The job of ``inputs`` once it completed.

    Raises:
        MissingJobError: when there is no such job.
        OperationInterruptedError: when the user interrupted; the job goes on.
        ResourceFailedError: when it did not complete, with the end of its log.
    """
    job_id, account = str(inputs["jobId"]), str(inputs["accountUrl"])
    subject = f"job {name_of(job_id)}"
    polling = Polling(context, subject, limit=60.0 * int(inputs["timeoutMinutes"]))
    with explained(subject):
        while True:
            job = find(job_id)
            if job is None:
                raise MissingJobError(
                    f"{subject} does not exist. If it was deleted by hand, run `pulumi refresh`, "
                    "then `pulumi up`, which starts it again"
                )
            status = str(job["properties"].get("status", "Unknown"))
            if status == COMPLETED:
                return job
            if status in ENDED:
                raise ResourceFailedError(_failed(job, account))
            try:
                polling.pause(_words(status), _detail(job, account))
            except OperationInterruptedError:
                raise OperationInterruptedError(
                    f"{subject}: interrupted; the job goes on and the next `pulumi up` takes it "
                    f"up. To stop it: `az ml job cancel --name {name_of(job_id)} "
                    f"{_workspace_arguments(job_id)}`"
                ) from None


def cancel(context: Context, job_id: str) -> None:
    """Cancels the job if it is under way, and waits for its end: records of jobs that run cannot
    be deleted. One that is gone or has ended is no error.
    """
    subject = f"job {name_of(job_id)}"
    polling = Polling(context, subject, limit=_CANCEL_SECONDS)
    with explained(subject):
        asked = False
        while True:
            job = find(job_id)
            status = str(job["properties"].get("status")) if job else COMPLETED
            if status in ENDED:
                return
            if not asked and status != _CANCELLING:
                _ask_to_cancel(job_id)
            asked = True
            polling.pause("cancelling")


def _ask_to_cancel(job_id: str) -> None:
    try:
        send("POST", f"{job_id}/cancel")
    except ApiError as error:
        # It may have ended or gone since it was looked at; the next look tells.
        if error.status not in {400, 404, 409}:
            raise


def _detail(job: Mapping[str, Any], account: str) -> Callable[[], str]:
    if kind_of(job) == "Command":
        return lambda: last_line(account, name_of(job["id"]))
    return lambda: run_history.trial_counts(job)


def _failed(job: Mapping[str, Any], account: str) -> str:
    job_id, status = str(job["id"]), str(job["properties"]["status"])
    name = name_of(job_id)
    error = run_history.error_of_run(job)
    reason = error.message if error else ""
    if not reason:
        reason = "somebody cancelled it" if status == "Canceled" else "Azure gives no reason"
    trial = run_history.failed_trial(job)
    advice = remedy(error) if error else ""
    parts = [f"job {name} ended as {_words(status)}: {reason.rstrip('.')}.{advice}"]
    if trial:
        parts.append(f"One of its trials, {trial}, failed.")
    parts.append(excerpt(account, trial or name))
    studio = ((job["properties"].get("services") or {}).get("Studio") or {}).get("endpoint")
    parts.append(f"In the studio: {studio or f'Jobs > {name}'}. {again(job_id)}")
    return "\n".join(parts)


def _workspace_arguments(job_id: str) -> str:
    parts = job_id.split("/")
    return f"--resource-group {parts[4]} --workspace-name {parts[8]}"


def _words(status: str) -> str:
    """``CancelRequested`` as ``cancel requested``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", status).lower()
