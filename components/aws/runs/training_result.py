"""What a training or tuning job brought forth, waited for and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.aws.runs import training_jobs, tuning_jobs
from components.aws.runs.cloud import explained, object_exists
from components.aws.runs.model_archive import file_digest, numbers_in
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, ResourceFailedError, State
from plugin.provider import Context

TYPE: Final = "trimaran:aws:TrainingResult"
GIB: Final = 1024**3


@dataclass(frozen=True, kw_only=True)
class TrainingResultArgs:
    """Which job to wait for: exactly one of the two names."""

    training_job_name: pulumi.Input[str] | None = None
    """A SageMaker training job that exists."""
    tuning_job_name: pulumi.Input[str] | None = None
    """A SageMaker tuning job that exists: the result is that of its best training job."""
    region: pulumi.Input[str] | None = None
    """The job's region; the environment's by default."""
    model_file: pulumi.Input[str] = "model.joblib"
    """The file in ``model.tar.gz`` whose digest serving trusts."""
    max_model_bytes: pulumi.Input[int] = 2 * GIB
    """The most that ``model.tar.gz`` may hold, unpacked."""


class TrainingResult(RunResource):
    """Waits until a job completed and gives what later stages need of it.

    The digest is computed here, from the archive as it is in S3, and travels through Pulumi into
    the serving environment; one that lay beside the model would prove nothing. The archive is
    read as a stream and refused when it holds links, devices or names that leave its folder.

    Deleting this resource stops a job that is still going and keeps its artefacts.
    """

    training_job_name: pulumi.Output[str | None]
    tuning_job_name: pulumi.Output[str | None]
    region: pulumi.Output[str | None]
    model_file: pulumi.Output[str]
    max_model_bytes: pulumi.Output[int]
    best_training_job_name: pulumi.Output[str]
    """The training job itself, or the best one of the tuning job."""
    model_data_url: pulumi.Output[str]
    """``s3://…/model.tar.gz``."""
    model_sha256: pulumi.Output[str]
    """SHA-256 of ``model_file``, 64 hexadecimal digits."""
    metrics: pulumi.Output[Mapping[str, float]]
    """The final values of the metrics that the job's metric definitions found in its log."""
    evaluation: pulumi.Output[Mapping[str, float]]
    """The numbers of ``evaluation.json`` in the job's ``output.tar.gz``; ``{}`` without it."""
    hyper_parameters: pulumi.Output[Mapping[str, str]]
    """The best job's own hyper-parameters, without those that steer SageMaker's container."""
    billable_seconds: pulumi.Output[int]
    """Of the best job; spot training bills less than it trains."""
    training_seconds: pulumi.Output[int]
    """Of the best job."""

    def __init__(
        self, name: str, args: TrainingResultArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class TrainingResultHandler(Handler):
    """Waits for the job, then reads its artefacts once."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"trainingJobName", "tuningJobName", "region"})
    computed: ClassVar[frozenset[str]] = frozenset(
        {
            "bestTrainingJobName",
            "modelDataUrl",
            "modelSha256",
            "metrics",
            "evaluation",
            "hyperParameters",
            "billableSeconds",
            "trainingSeconds",
        }
    )
    volatile: ClassVar[frozenset[str]] = frozenset({"modelSha256"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        given = [name for name in ("trainingJobName", "tuningJobName") if new.get(name)]
        if len(given) == 1:
            return new, []
        reason = "exactly one of trainingJobName and tuningJobName must be given"
        return new, [CheckFailure(property="trainingJobName", reason=reason)]

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        name = inputs.get("trainingJobName") or inputs["tuningJobName"]
        return str(name), _result(context, inputs)

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        return _result(context, new)

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        # Records may be cleaned up; as long as the model is there, nothing needs to be trained.
        region = outputs.get("region")
        name = outputs["bestTrainingJobName"]
        with explained(f"training job {name}"):
            recorded = training_jobs.find(name, region) is not None
        if not recorded and not object_exists(outputs["modelDataUrl"], region):
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        region = outputs.get("region")
        if outputs.get("tuningJobName"):
            tuning_jobs.stop(outputs["tuningJobName"], region)
        else:
            training_jobs.stop(outputs["trainingJobName"], region)


def _result(context: Context, inputs: Properties) -> dict[str, Any]:
    region = inputs.get("region")
    if inputs.get("tuningJobName"):
        job = tuning_jobs.wait_for_best(context, inputs["tuningJobName"], region)
    else:
        job = training_jobs.wait(context, inputs["trainingJobName"], region)
    name = job["TrainingJobName"]
    model_url = (job.get("ModelArtifacts") or {}).get("S3ModelArtifacts", "")
    if not model_url.endswith(".tar.gz"):
        raise ResourceFailedError(
            f"training job {name} completed without a model.tar.gz (its artefacts: "
            f"{model_url or 'none'}). The script must write its model into SM_MODEL_DIR, and the "
            "job must not switch the compression of its output off"
        )
    context.progress(f"{name}: reading {model_url}")
    digest = file_digest(
        model_url,
        region,
        file=inputs["modelFile"],
        max_bytes=int(inputs["maxModelBytes"]),
    )
    output_url = f"{model_url.rpartition('/')[0]}/output.tar.gz"
    evaluation = numbers_in(output_url, region, file="evaluation.json")
    if evaluation is None:
        context.warn(f"training job {name}: no evaluation.json in {output_url}")
    return {
        "bestTrainingJobName": name,
        "modelDataUrl": model_url,
        "modelSha256": digest,
        "metrics": training_jobs.metrics(job),
        "evaluation": evaluation or {},
        "hyperParameters": training_jobs.own_hyper_parameters(job),
        "billableSeconds": int(job.get("BillableTimeInSeconds") or 0),
        "trainingSeconds": int(job.get("TrainingTimeInSeconds") or 0),
    }
