"""SageMaker tuning jobs: waiting for one, and its best training job."""

from collections.abc import Mapping
from typing import Any, Final

from components.aws.runs import training_jobs
from components.aws.runs.cloud import client, explained, is_missing
from components.aws.runs.logs import excerpt
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.provider import Context

# Not a replacement: see training_jobs.DELETE.
DELETE: Final = "aws sagemaker delete-hyper-parameter-tuning-job --hyper-parameter-tuning-job-name"


def find(name: str, region: str | None) -> dict[str, Any] | None:
    """The record of a tuning job, or ``None`` when there is none."""
    from botocore.exceptions import ClientError

    try:
        job: dict[str, Any] = client("sagemaker", region).describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return job


def wait_for_best(context: Context, name: str, region: str | None) -> dict[str, Any]:
    """The record of the best training job once the tuning job completed.

    Raises:
        OperationInterruptedError: when the user interrupted; the job goes on.
        ResourceFailedError: when there is no such job, it did not complete, or none is best.
    """
    subject = f"tuning job {name}"
    polling = Polling(context, subject)
    with explained(subject):
        while True:
            job = find(name, region)
            if job is None:
                raise ResourceFailedError(
                    f"{subject} does not exist. If it was deleted by hand, run `pulumi refresh`, "
                    "then `pulumi up`, which tunes again"
                )
            status = job["HyperParameterTuningJobStatus"]
            if status not in training_jobs.UNDER_WAY:
                return _best(job, region)
            try:
                polling.pause(_counts(job) or status, _best_so_far(job))
            except OperationInterruptedError:
                raise OperationInterruptedError(
                    f"{subject}: interrupted; the job goes on and the next `pulumi up` takes it "
                    "up. To stop it: aws sagemaker stop-hyper-parameter-tuning-job "
                    f"--hyper-parameter-tuning-job-name {name}"
                ) from None


def stop(name: str, region: str | None) -> None:
    """Stops the tuning job if it is under way; one that is gone or finished is no error."""
    with explained(f"tuning job {name}"):
        job = find(name, region)
        if job is not None and job["HyperParameterTuningJobStatus"] == "InProgress":
            client("sagemaker", region).stop_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )


def _best(job: Mapping[str, Any], region: str | None) -> dict[str, Any]:
    name, status = job["HyperParameterTuningJobName"], job["HyperParameterTuningJobStatus"]
    best = (job.get("BestTrainingJob") or {}).get("TrainingJobName")
    console = f"In the console: SageMaker > Hyperparameter tuning jobs > {name}"
    if status != "Completed":
        reason = job.get("FailureReason") or (
            "somebody stopped it" if status == "Stopped" else "SageMaker gives no reason"
        )
        raise ResourceFailedError(
            f"tuning job {name} ended with {status} ({_counts(job)}): {reason.rstrip('.')}.\n"
            f"{_first_failure(name, region)}\n{console}. A change of code, data or ranges tunes "
            "anew; for a cause outside of them tune again: "
            f"`{DELETE} {name}`, then `pulumi up --refresh`"
        )
    if not best:
        metric = _objective(job)
        raise ResourceFailedError(
            f"tuning job {name} completed ({_counts(job)}) but found no best training job: no "
            f"job reported the objective metric {metric!r}. Check that the script prints it and "
            f"that the metric definition's expression matches that line.\n"
            f"{_first_failure(name, region)}\n{console}"
        )
    record = training_jobs.find(best, region)
    if record is None:
        raise ResourceFailedError(
            f"tuning job {name}: its best training job {best} was deleted. Tune again: "
            f"`{DELETE} {name}`, then `pulumi up --refresh`"
        )
    training_jobs.require_completed(record, region)
    return record


def _first_failure(name: str, region: str | None) -> str:
    """Reason and log of one failed training job: mostly they all fail for the same cause."""
    answer = client("sagemaker", region).list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, StatusEquals="Failed", MaxResults=1
    )
    for summary in answer["TrainingJobSummaries"]:
        failed = summary["TrainingJobName"]
        reason = summary.get("FailureReason") or "SageMaker gives no reason"
        log = excerpt([training_jobs.log_place(failed)], region)
        return f"One of its training jobs, {failed}, failed: {reason.rstrip('.')}.\n{log}"
    return "None of its training jobs failed."


def _objective(job: Mapping[str, Any]) -> str:
    config = job.get("HyperParameterTuningJobConfig") or {}
    return str((config.get("HyperParameterTuningJobObjective") or {}).get("MetricName", ""))


def _counts(job: Mapping[str, Any]) -> str:
    counters: Mapping[str, int] = job.get("TrainingJobStatusCounters") or {}
    failed = counters.get("RetryableError", 0) + counters.get("NonRetryableError", 0)
    limits = (job.get("HyperParameterTuningJobConfig") or {}).get("ResourceLimits") or {}
    parts = {
        "done": counters.get("Completed", 0),
        "running": counters.get("InProgress", 0),
        "failed": failed,
        "stopped": counters.get("Stopped", 0),
    }
    shown = [f"{count} {word}" for word, count in parts.items() if count]
    most = limits.get("MaxNumberOfTrainingJobs")
    if shown and most:
        shown.append(f"at most {most}")
    return ", ".join(shown)


def _best_so_far(job: Mapping[str, Any]) -> str:
    best = job.get("BestTrainingJob") or {}
    metric = best.get("FinalHyperParameterTuningJobObjectiveMetric")
    if not metric:
        return ""
    tuned = best.get("TunedHyperParameters") or {}
    values = " ".join(f"{name}={value}" for name, value in sorted(tuned.items()))
    return f"best so far {metric['MetricName']}={metric['Value']:.4g} ({values})"
