"""Hyper-parameter tuning jobs: the operations of the API."""

from typing import Any

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.sagemaker.records import Record, Records, arn, listing, now
from sandbox.aws.sagemaker.search_space import SearchSpace
from sandbox.aws.sagemaker.training import TrainingJobs, check_definition
from sandbox.aws.sagemaker.tuning_run import TuningRun, resource_config, summary
from sandbox.aws.validation import validate

TERMINAL = ("Completed", "Failed", "Stopped")
_UNSUPPORTED = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")


class TuningJobs:
    """Operations on tuning jobs, and those that run."""

    def __init__(self, context: Context, training: TrainingJobs) -> None:
        self._context = context
        self._training = training
        self.records = Records(context, "tuning_jobs")
        self._runs: dict[str, TuningRun] = {}
        for name, handler in (
            ("CreateHyperParameterTuningJob", self.create),
            ("DescribeHyperParameterTuningJob", self.describe),
            ("ListHyperParameterTuningJobs", self.list_all),
            ("StopHyperParameterTuningJob", self.stop),
            ("DeleteHyperParameterTuningJob", self.delete),
            ("ListTrainingJobsForHyperParameterTuningJob", self.list_jobs),
        ):
            context.operation("sagemaker", name, handler)
        context.on_start(self._mark_cut_off)

    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        validate("sagemaker", "CreateHyperParameterTuningJob", params)
        for field in _UNSUPPORTED:
            if params.get(field):
                raise Refusal("NotImplemented", f"The sandbox does not support {field}.")
        space = _check(params)
        limits = params["HyperParameterTuningJobConfig"]["ResourceLimits"]
        self._training.refuse_beyond_quota(
            call, params["TrainingJobDefinition"], times=limits["MaxParallelTrainingJobs"]
        )
        name = params["HyperParameterTuningJobName"]
        job_arn = arn(call, "hyper-parameter-tuning-job", name)
        record: Record = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobArn": job_arn,
            "HyperParameterTuningJobConfig": params["HyperParameterTuningJobConfig"],
            "TrainingJobDefinition": params["TrainingJobDefinition"],
            "HyperParameterTuningJobStatus": "InProgress",
            "CreationTime": now(),
            "LastModifiedTime": now(),
            "Tags": params.get("Tags", []),
            "_jobs": [],
        }
        with self.records.lock:
            if self.records.find(call, name) is not None:
                raise Refusal(
                    "ResourceInUse",
                    "Hyperparameter tuning job names must be unique within an AWS account and "
                    f"region, and a tuning job with this name already exists ({job_arn})",
                )
            self.records.add(call, name, record)
        run = TuningRun(self._context, self.records, record, self._training, call, space)
        self._runs[job_arn] = run
        run.start()
        return {"HyperParameterTuningJobArn": job_arn}

    def get(self, call: Call) -> Record:
        name = call.params["HyperParameterTuningJobName"]
        record = self.records.find(call, name)
        if record is None:
            raise Refusal(
                "ResourceNotFound",
                f"Amazon SageMaker can't find a tuning job with the name {name}.",
            )
        return record

    def _jobs(self, call: Call, record: Record) -> list[Record]:
        """Summaries of the training jobs; deleted ones are left out."""
        objective = record["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
        found = [self._training.records.find(call, name) for name in list(record["_jobs"])]
        return [
            summary(job, objective["MetricName"], objective["Type"])
            for job in found
            if job is not None
        ]

    def describe(self, call: Call) -> Record:
        record = self.get(call)
        return {**record, **_counters(self._jobs(call, record))}

    def list_all(self, call: Call) -> dict[str, Any]:
        def short(record: Record) -> Record:
            config = record["HyperParameterTuningJobConfig"]
            return {
                **record,
                **_counters(self._jobs(call, record)),
                "Strategy": config["Strategy"],
                "ResourceLimits": config["ResourceLimits"],
            }

        return listing(
            call,
            self.records.here(call),
            result="HyperParameterTuningJobSummaries",
            name="HyperParameterTuningJobName",
            status="HyperParameterTuningJobStatus",
            summary=short,
        )

    def list_jobs(self, call: Call) -> dict[str, Any]:
        jobs = self._jobs(call, self.get(call))
        for job in jobs:
            metric = job.get("FinalHyperParameterTuningJobObjectiveMetric", {})
            job["FinalObjectiveMetricValue"] = metric.get("Value", float("-inf"))
        return listing(
            call,
            jobs,
            result="TrainingJobSummaries",
            name="TrainingJobName",
            status="TrainingJobStatus",
            default_order="Ascending",
        )

    def stop(self, call: Call) -> None:
        record = self.get(call)
        if record["HyperParameterTuningJobStatus"] != "InProgress":
            raise Refusal(
                "ValidationException",
                "The request was rejected because the tuning job is in status "
                f"{record['HyperParameterTuningJobStatus']}.",
            )
        self.records.update(record, HyperParameterTuningJobStatus="Stopping")
        self._runs[record["HyperParameterTuningJobArn"]].stop()

    def delete(self, call: Call) -> None:
        record = self.get(call)
        if record["HyperParameterTuningJobStatus"] not in TERMINAL:
            raise Refusal("ResourceInUse", "Stop the tuning job before deleting it.")
        self._runs.pop(record["HyperParameterTuningJobArn"], None)
        self.records.remove(record, record["HyperParameterTuningJobName"])

    def _mark_cut_off(self) -> None:
        for record in self.records.all():
            if record["HyperParameterTuningJobStatus"] not in TERMINAL:
                self.records.update(
                    record,
                    HyperParameterTuningJobStatus="Failed",
                    FailureReason="InternalServerError: the sandbox ended while the job ran",
                    HyperParameterTuningEndTime=now(),
                )


def _check(params: dict[str, Any]) -> SearchSpace:
    """The rules of the API between members; the search space if they hold.

    Raises:
        Refusal: a rule is broken, or the job needs what the sandbox does not support.
    """
    config = params["HyperParameterTuningJobConfig"]
    definition = params.get("TrainingJobDefinition")
    if definition is None:
        raise Refusal("ValidationException", "TrainingJobDefinition is required.")
    if "ParameterRanges" not in config and definition.get("HyperParameterRanges"):
        config["ParameterRanges"] = definition["HyperParameterRanges"]
    if "HyperParameterTuningJobObjective" not in config and definition.get("TuningObjective"):
        config["HyperParameterTuningJobObjective"] = definition["TuningObjective"]
    objective = config.get("HyperParameterTuningJobObjective")
    if objective is None:
        raise Refusal("ValidationException", "HyperParameterTuningJobObjective is required.")
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions", [])
    if objective["MetricName"] not in [metric["Name"] for metric in metrics]:
        raise Refusal(
            "ValidationException",
            f"The objective metric for the hyperparameter tuning job, "
            f"[{objective['MetricName']}], isn't valid for the [custom] algorithm. Choose a "
            "metric of MetricDefinitions.",
        )
    limits = config["ResourceLimits"]
    most = limits.get("MaxNumberOfTrainingJobs")
    if most and limits["MaxParallelTrainingJobs"] > most:
        raise Refusal(
            "ValidationException",
            "MaxParallelTrainingJobs must not be greater than MaxNumberOfTrainingJobs.",
        )
    if (
        config["Strategy"] == "Hyperband"
        and config.get("TrainingJobEarlyStoppingType", "Off") != "Off"
    ):
        raise Refusal(
            "ValidationException",
            "TrainingJobEarlyStoppingType must be Off for the Hyperband strategy, which stops "
            "training jobs itself.",
        )
    space = SearchSpace(config.get("ParameterRanges", {}), config["Strategy"])
    both = sorted(set(space.names) & set(definition.get("StaticHyperParameters", {})))
    if both:
        raise Refusal(
            "ValidationException",
            f"Hyperparameters {both} are both static and tuned; each may be one of the two.",
        )
    check_definition({**definition, "ResourceConfig": resource_config(definition)})
    return space


def _counters(jobs: list[Record]) -> dict[str, dict[str, int]]:
    def count(field: str, *values: str) -> int:
        return sum(job[field] in values for job in jobs)

    return {
        "TrainingJobStatusCounters": {
            "Completed": count("TrainingJobStatus", "Completed"),
            "InProgress": count("TrainingJobStatus", "InProgress", "Stopping"),
            "RetryableError": 0,
            "NonRetryableError": count("TrainingJobStatus", "Failed"),
            "Stopped": count("TrainingJobStatus", "Stopped"),
        },
        "ObjectiveStatusCounters": {
            "Succeeded": count("ObjectiveStatus", "Succeeded"),
            "Pending": count("ObjectiveStatus", "Pending"),
            "Failed": count("ObjectiveStatus", "Failed"),
        },
    }
