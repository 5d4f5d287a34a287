"""Training jobs: the operations of the API."""

from typing import Any

from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.sagemaker.limits import Limits
from sandbox.aws.sagemaker.metrics import MetricReader
from sandbox.aws.sagemaker.records import Record, Records, arn, listing, now
from sandbox.aws.sagemaker.training_run import STOP_GRACE, TrainingRun, enter
from sandbox.aws.telemetry import LogSink
from sandbox.aws.validation import validate

TERMINAL = ("Completed", "Failed", "Stopped")
KIND = "training"
_KEPT = [
    "TrainingJobName",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "DebugHookConfig",
    "ExperimentConfig",
    "DebugRuleConfigurations",
    "TensorBoardOutputConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "Environment",
    "RetryStrategy",
    "RemoteDebugConfig",
    "InfraCheckConfig",
]
DEFAULT_RUNTIME = 86400


def check_definition(params: dict[str, Any]) -> None:
    """The rules between members that shapes do not carry.

    Raises:
        Refusal: worded as the cloud words it.
    """
    for name in ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"):
        if params.get(name) is None:
            member = name[:1].lower() + name[1:]
            raise Refusal(
                "ValidationException",
                f"1 validation error detected: Value null at '{member}' failed to satisfy "
                "constraint: Member must not be null",
            )
    condition = params["StoppingCondition"]
    runtime = condition.get("MaxRuntimeInSeconds", DEFAULT_RUNTIME)
    wait = condition.get("MaxWaitTimeInSeconds")
    if params.get("EnableManagedSpotTraining"):
        if wait is None:
            raise Refusal(
                "ValidationException",
                "MaxWaitTimeInSeconds is required when EnableManagedSpotTraining is true.",
            )
        if wait < runtime:
            raise Refusal(
                "ValidationException",
                f"Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal "
                f"to MaxRuntimeInSeconds [{runtime}], but got [{wait}].",
            )
    elif wait is not None:
        raise Refusal(
            "ValidationException",
            "Invalid MaxWaitTimeInSeconds. It must not be present when "
            "EnableManagedSpotTraining is false.",
        )
    names = [channel["ChannelName"] for channel in params.get("InputDataConfig", [])]
    if len(names) != len(set(names)):
        raise Refusal("ValidationException", "Channel names must be unique in InputDataConfig.")
    algorithm = params["AlgorithmSpecification"]
    if bool(algorithm.get("TrainingImage")) == bool(algorithm.get("AlgorithmName")):
        raise Refusal(
            "ValidationException",
            "Exactly one of TrainingImage and AlgorithmName must be given in "
            "AlgorithmSpecification.",
        )
    _check_supported(params)
    MetricReader.of(algorithm.get("MetricDefinitions", []))


def _check_supported(params: dict[str, Any]) -> None:
    modes = {params["AlgorithmSpecification"].get("TrainingInputMode", "File")}
    for channel in params.get("InputDataConfig", []):
        modes.add(channel.get("InputMode", "File"))
        source = channel["DataSource"].get("S3DataSource")
        if source is None or source.get("S3DataType") == "AugmentedManifestFile":
            raise Refusal(
                "NotImplemented",
                f"The sandbox does not support the data source of channel "
                f"{channel['ChannelName']}; it supports S3Prefix and ManifestFile.",
            )
    if "Pipe" in modes:
        raise Refusal("NotImplemented", "The sandbox does not support input mode Pipe; use File.")


class TrainingJobs:
    """Operations on training jobs, and the start of their runs."""

    def __init__(self, context: Context, sink: LogSink) -> None:
        self._context = context
        self._sink = sink
        self._limits = Limits(context)
        self.records = Records(context, "training_jobs")
        for name, handler in (
            ("CreateTrainingJob", self.create),
            ("DescribeTrainingJob", self.describe),
            ("ListTrainingJobs", self.list_all),
            ("StopTrainingJob", self.stop),
            ("DeleteTrainingJob", self.delete),
            ("UpdateTrainingJob", self.update),
        ):
            context.operation("sagemaker", name, handler)
        context.on_start(self._mark_cut_off)

    def create(self, call: Call) -> dict[str, Any]:
        validate("sagemaker", "CreateTrainingJob", call.params)
        check_definition(call.params)
        self.refuse_beyond_quota(call, call.params)
        record = self.start(call, call.params)
        return {"TrainingJobArn": record["TrainingJobArn"]}

    def refuse_beyond_quota(self, call: Call, definition: Record, *, times: int = 1) -> None:
        """Refuse a job, run ``times`` at once, for which the account has no instances left."""
        jobs = self.records.here(call)
        running = (job for job in jobs if job["TrainingJobStatus"] not in TERMINAL)
        self._limits.refuse_training(call, definition, running, times=times)

    def start(
        self,
        call: Call,
        params: dict[str, Any],
        *,
        extra: dict[str, Any] | None = None,
        on_metric: Any = lambda *_: None,
        on_end: Any = lambda: None,
    ) -> Record:
        """Create the record and queue its run. Raises Refusal for a name in use."""
        name = params["TrainingJobName"]
        job_arn = arn(call, "training-job", name)
        moment = now()
        record: Record = {key: params[key] for key in _KEPT if params.get(key) is not None}
        record |= {
            "TrainingJobArn": job_arn,
            "TrainingJobStatus": "InProgress",
            "CreationTime": moment,
            "LastModifiedTime": moment,
            "EnableNetworkIsolation": params.get("EnableNetworkIsolation", False),
            "EnableInterContainerTrafficEncryption": params.get(
                "EnableInterContainerTrafficEncryption", False
            ),
            "EnableManagedSpotTraining": params.get("EnableManagedSpotTraining", False),
            "ModelArtifacts": {
                "S3ModelArtifacts": (
                    f"{params['OutputDataConfig']['S3OutputPath'].rstrip('/')}"
                    f"/{name}/output/model.tar.gz"
                )
            },
            "ProfilingStatus": "Disabled",
            "Tags": params.get("Tags", []),
            **(extra or {}),
        }
        with self.records.lock:
            if self.records.find(call, name) is not None:
                raise Refusal(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a "
                    f"training job with this name already exists ({job_arn})",
                )
            self.records.add(call, name, record)
        enter(self.records, record, "Starting")
        run = TrainingRun(
            self._context, self.records, record, self._sink, on_metric=on_metric, on_end=on_end
        )
        self._context.jobs.submit(KIND, name, run)
        return record

    def get(self, call: Call) -> Record:
        record = self.records.find(call, call.params["TrainingJobName"])
        if record is None:
            raise Refusal("ValidationException", "Requested resource not found.")
        return record

    def describe(self, call: Call) -> Record:
        return self.get(call)

    def list_all(self, call: Call) -> dict[str, Any]:
        return listing(
            call,
            self.records.here(call),
            result="TrainingJobSummaries",
            name="TrainingJobName",
            status="TrainingJobStatus",
        )

    def stop(self, call: Call) -> None:
        record = self.get(call)
        if record["TrainingJobStatus"] in TERMINAL:
            raise Refusal(
                "ValidationException",
                "The request was rejected because the training job is in status "
                f"{record['TrainingJobStatus']}.",
            )
        self.request_stop(record)

    def request_stop(self, record: Record) -> None:
        """Stop a job that runs or waits; nothing for one that ended."""
        if record["TrainingJobStatus"] != "InProgress":
            return
        self.records.update(record, TrainingJobStatus="Stopping")
        enter(self.records, record, "Stopping")
        job = self._context.jobs.find(KIND, record["TrainingJobName"])
        if job is not None:
            job.stop(grace=STOP_GRACE)

    def delete(self, call: Call) -> None:
        record = self.get(call)
        if record["TrainingJobStatus"] not in TERMINAL:
            raise Refusal(
                "ResourceInUse",
                f"Cannot delete training job {record['TrainingJobArn']} in status "
                f"{record['TrainingJobStatus']}; stop it first.",
            )
        self.records.remove(record, record["TrainingJobName"])

    def update(self, call: Call) -> dict[str, Any]:
        """Only what the API lets one change while a job runs; recorded."""
        record = self.get(call)
        for name in ("ProfilerConfig", "ProfilerRuleConfigurations", "RemoteDebugConfig"):
            if call.params.get(name) is not None:
                self.records.update(record, **{name: call.params[name]})
        return {"TrainingJobArn": record["TrainingJobArn"]}

    def _mark_cut_off(self) -> None:
        """Jobs that ran when the sandbox died are not running now."""
        for record in self.records.all():
            if record["TrainingJobStatus"] not in TERMINAL:
                enter(self.records, record, "Failed")
                self.records.update(
                    record,
                    TrainingJobStatus="Failed",
                    FailureReason="InternalServerError: the sandbox ended while the job ran",
                    TrainingEndTime=now(),
                )
