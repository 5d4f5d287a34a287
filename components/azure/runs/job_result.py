"""What an Azure Machine Learning job brought forth, waited for and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.azure.runs import jobs, run_history
from components.azure.runs.blobs import blob_exists, file_digest, numbers_in
from components.azure.runs.errors import explained
from components.runs.resource import RunResource
from plugin.handler import (
    CheckFailure,
    Handler,
    InitializationFailedError,
    Properties,
    ResourceFailedError,
    State,
)
from plugin.provider import Context

TYPE: Final = "trimaran:azure:JobResult"
GIB: Final = 1024**3
EVALUATION_FILE: Final = "evaluation.json"
# Where an AutoML trial leaves its model, among its artefacts.
_AUTOML_MODEL: Final = "outputs/mlflow-model/"


@dataclass(frozen=True, kw_only=True)
class JobResultArgs:
    """Which job to wait for, and where it leaves its model."""

    job_id: pulumi.Input[str]
    """``…/workspaces/WORKSPACE/jobs/NAME`` of a command, sweep or AutoML job that exists."""
    account_url: pulumi.Input[str]
    """``primaryEndpoints.blob`` of the workspace's storage account: the logs are there."""
    output_url: pulumi.Input[str] | None = None
    """The folder with the model and ``evaluation.json``, ``https://…``; none: no model of ours."""
    model_file: pulumi.Input[str] | None = "model.pkl"
    """The file in ``output_url`` whose digest serving trusts; none: the job makes no model."""
    max_model_bytes: pulumi.Input[int] = 2 * GIB
    timeout_minutes: pulumi.Input[int] = 60
    """How long the update waits: the job's own time and that of finding machines."""


class JobResult(RunResource):
    """Waits until a job completed and gives what later stages need of it.

    The digest is computed here, from the model as it is in Blob storage, and travels through
    Pulumi into the serving environment; one that lay beside the model would prove nothing.

    A wait that failed or was interrupted stays in the state: the next update goes on with it.
    Deleting this resource cancels a job that is still going and keeps its artefacts.
    """

    job_id: pulumi.Output[str]
    account_url: pulumi.Output[str]
    output_url: pulumi.Output[str | None]
    model_file: pulumi.Output[str | None]
    max_model_bytes: pulumi.Output[int]
    timeout_minutes: pulumi.Output[int]
    job_name: pulumi.Output[str]
    status: pulumi.Output[str]
    """``Completed``."""
    best_trial: pulumi.Output[str]
    """The best trial's job name; empty for a command job."""
    best_parameters: pulumi.Output[Mapping[str, str]]
    """What the best trial logged or was given, as text; ``{}`` for a command job."""
    metrics: pulumi.Output[Mapping[str, float]]
    """What the run logged, or the best trial's run: metric to its last value."""
    evaluation: pulumi.Output[Mapping[str, float]]
    """The numbers of ``evaluation.json``; ``{}`` without it."""
    model_url: pulumi.Output[str]
    """``https://…`` of the model's file; empty without a model."""
    model_sha256: pulumi.Output[str]
    """SHA-256 of ``model_file``, 64 hexadecimal digits; empty without a model."""
    model_uri: pulumi.Output[str]
    """``azureml://jobs/…`` of the model that the best AutoML trial left; else empty."""

    def __init__(
        self, name: str, args: JobResultArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class JobResultHandler(Handler):
    """Waits for the job, then reads its artefacts once."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"jobId", "outputUrl"})
    computed: ClassVar[frozenset[str]] = frozenset(
        {
            "jobName",
            "status",
            "bestTrial",
            "bestParameters",
            "metrics",
            "evaluation",
            "modelUrl",
            "modelSha256",
            "modelUri",
        }
    )
    volatile: ClassVar[frozenset[str]] = frozenset({"evaluation", "modelUrl", "modelSha256"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        failures = []
        job_id, minutes = new.get("jobId"), new.get("timeoutMinutes")
        if isinstance(job_id, str) and not jobs.is_job_id(job_id):
            reason = f"must be the id of a job, …/workspaces/WORKSPACE/jobs/NAME, not {job_id!r}"
            failures.append(CheckFailure(property="jobId", reason=reason))
        if isinstance(minutes, int | float) and minutes < 1:
            reason = f"must be at least 1, not {minutes}"
            failures.append(CheckFailure(property="timeoutMinutes", reason=reason))
        return new, failures

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        if not self.computed <= outputs.keys():
            return self.preview_create(new)
        if _reads_the_same(outputs, new):
            return {**new, **{key: outputs[key] for key in self.computed}}
        return super().preview_update(outputs, new)

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        job_id = str(inputs["jobId"])
        try:
            job = jobs.wait(context, inputs)
            with explained(f"job {jobs.name_of(job_id)}"):
                found = {**_ran(job), **_artefacts(context, inputs)}
            return job_id, found
        except jobs.MissingJobError:
            raise
        except ResourceFailedError as error:
            raise InitializationFailedError(
                str(error), resource_id=job_id, outputs=inputs
            ) from error

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        if not self.computed <= outputs.keys():  # what an interruption or a failure left
            return self.create(context, new)[1]
        kept = {key: outputs[key] for key in self.computed}
        if _reads_the_same(outputs, new):
            return kept  # only how long to wait changed
        return {**kept, **_artefacts(context, new)}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        with explained(f"job {jobs.name_of(resource_id)}"):
            job = jobs.find(resource_id)
        # The program would start the same job once more: its model is another file's worth.
        if job is None:
            return None
        if not self.computed <= outputs.keys():
            raise InitializationFailedError(
                f"job {jobs.name_of(resource_id)} was not waited for to its end; `pulumi up` "
                "goes on with it",
                resource_id=resource_id,
                outputs=outputs,
            )
        if outputs["modelUrl"] and not blob_exists(outputs["modelUrl"]):
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        jobs.cancel(context, resource_id)


def _ran(job: Mapping[str, Any]) -> dict[str, Any]:
    """What the job's run, or its best trial's, logged."""
    name = jobs.name_of(job["id"])
    best = run_history.best_trial(job)
    logged = run_history.logged_by(job, best or name)
    automl = jobs.kind_of(job) == "AutoML"
    return {
        "jobName": name,
        "status": job["properties"]["status"],
        "bestTrial": best,
        "bestParameters": logged.parameters if best else {},
        "metrics": logged.metrics,
        "modelUri": f"azureml://jobs/{best}/outputs/artifacts/paths/{_AUTOML_MODEL}"
        if automl
        else "",
    }


def _reads_the_same(outputs: Properties, new: Properties) -> bool:
    return all(outputs.get(key) == new.get(key) for key in ("modelFile", "maxModelBytes"))


def _artefacts(context: Context, inputs: Properties) -> dict[str, Any]:
    folder, file = str(inputs.get("outputUrl") or "").rstrip("/"), inputs.get("modelFile")
    if not folder or not file:
        return {"evaluation": {}, "modelUrl": "", "modelSha256": ""}
    name, url = jobs.name_of(inputs["jobId"]), f"{folder}/{file}"
    context.progress(f"{name}: reading {url}")
    remedy = f"The training script writes it into its output folder. {jobs.again(inputs['jobId'])}"
    digest = file_digest(url, max_bytes=int(inputs["maxModelBytes"]), remedy=remedy)
    evaluation = numbers_in(f"{folder}/{EVALUATION_FILE}")
    if evaluation is None:
        context.warn(f"job {name}: no {folder}/{EVALUATION_FILE}")
    return {"evaluation": evaluation or {}, "modelUrl": url, "modelSha256": digest}
