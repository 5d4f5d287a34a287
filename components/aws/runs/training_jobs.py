"""SageMaker training jobs: waiting for one, and what its record says."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from components.aws.runs.cloud import client, explained, is_missing
from components.aws.runs.logs import LogPlace, excerpt, last_line
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.provider import Context

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
# A replacement would be deleted with what it replaces, whose name, made from content, is the same.
DELETE: Final = "aws sagemaker delete-training-job --training-job-name"
UNDER_WAY: Final = frozenset({"InProgress", "Stopping"})
_STOPPED_BY_LIMIT: Final = {
    "MaxRuntimeExceeded": "it ran longer than its max runtime: raise it",
    "MaxWaitTimeExceeded": "spot capacity did not come within its max wait: raise it, or train "
    "on demand",
}


def find(name: str, region: str | None) -> dict[str, Any] | None:
    """The record of a training job, or ``None`` when there is none."""
    from botocore.exceptions import ClientError

    try:
        job: dict[str, Any] = client("sagemaker", region).describe_training_job(
            TrainingJobName=name
        )
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return job


def wait(context: Context, name: str, region: str | None) -> dict[str, Any]:
    """The record of the training job once it completed.

    Raises:
        OperationInterruptedError: when the user interrupted; the job goes on.
        ResourceFailedError: when there is no such job, or it did not complete.
    """
    subject = f"training job {name}"
    polling = Polling(context, subject)
    with explained(subject):
        while True:
            job = find(name, region)
            if job is None:
                raise ResourceFailedError(
                    f"{subject} does not exist. If it was deleted by hand, run `pulumi refresh`, "
                    "then `pulumi up`, which trains again"
                )
            if job["TrainingJobStatus"] not in UNDER_WAY:
                require_completed(job, region)
                return job
            status = job.get("SecondaryStatus") or job["TrainingJobStatus"]
            try:
                polling.pause(status, partial(_newest, job, region))
            except OperationInterruptedError:
                raise OperationInterruptedError(
                    f"{subject}: interrupted; the job goes on and the next `pulumi up` takes it "
                    f"up. To stop it: aws sagemaker stop-training-job --training-job-name {name}"
                ) from None


def require_completed(job: Mapping[str, Any], region: str | None) -> None:
    """Checks the end of a training job.

    Raises:
        ResourceFailedError: with the reason and the end of the log, when it did not complete.
    """
    status = job["TrainingJobStatus"]
    if status == "Completed":
        return
    name = job["TrainingJobName"]
    reason = (
        job.get("FailureReason")
        or _STOPPED_BY_LIMIT.get(job.get("SecondaryStatus", ""))
        or ("somebody stopped it" if status == "Stopped" else "SageMaker gives no reason")
    )
    raise ResourceFailedError(
        f"training job {name} ended with {status}: {reason.rstrip('.')}.\n"
        f"{excerpt([log_place(name)], region)}\n"
        f"In the console: SageMaker > Training jobs > {name}. A change of code, data or "
        "hyper-parameters trains a new job; for a cause outside of them (capacity, quota) train "
        f"this one again: `{DELETE} {name}`, then `pulumi up --refresh`"
    )


def stop(name: str, region: str | None) -> None:
    """Stops the training job if it is under way; one that is gone or finished is no error."""
    with explained(f"training job {name}"):
        job = find(name, region)
        if job is not None and job["TrainingJobStatus"] == "InProgress":
            client("sagemaker", region).stop_training_job(TrainingJobName=name)


def metrics(job: Mapping[str, Any]) -> dict[str, float]:
    """The newest value of each metric that the job's metric definitions found."""
    return {
        metric["MetricName"]: float(metric["Value"])
        for metric in job.get("FinalMetricDataList") or []
    }


def own_hyper_parameters(job: Mapping[str, Any]) -> dict[str, str]:
    """The hyper-parameters without those that steer SageMaker's container or tuning."""
    return {
        name: value
        for name, value in (job.get("HyperParameters") or {}).items()
        if not name.startswith(("sagemaker_", "_"))
    }


def log_place(name: str) -> LogPlace:
    """Where the job's hosts write."""
    return LogPlace(group=LOG_GROUP, stream_prefix=f"{name}/")


def _newest(job: Mapping[str, Any], region: str | None) -> str:
    values = metrics(job)
    if values:
        return " ".join(f"{name}={value:.4g}" for name, value in sorted(values.items()))
    if job.get("SecondaryStatus") == "Training":
        return last_line(log_place(job["TrainingJobName"]), region)
    transitions = job.get("SecondaryStatusTransitions") or [{}]
    return str(transitions[-1].get("StatusMessage", ""))
