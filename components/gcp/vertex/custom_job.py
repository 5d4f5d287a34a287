"""A Vertex AI custom job, as a resource: run once per content, waited for, its model measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.cloud import explained
from components.gcp.runs.objects import file_digest, numbers_in, object_exists
from components.gcp.vertex import jobs
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, ResourceFailedError, State
from plugin.provider import Context

TYPE: Final = "trimaran:gcp:CustomJob"
KIND: Final = "customJobs"
GIB: Final = 1024**3
_WRITES: Final = "The training script writes it into the model directory (AIP_MODEL_DIR)."
# A job that succeeded without its model is never taken up.
_TRAIN_AGAIN: Final = f"{_WRITES} `pulumi up` trains again"
_REPLACE: Final = f"{_WRITES} Train again: `pulumi up --replace '**{TYPE}::*'`"


@dataclass(frozen=True, kw_only=True)
class CustomJobArgs:
    """The job, in the API's own terms."""

    project: pulumi.Input[str]
    region: pulumi.Input[str]
    name: pulumi.Input[str]
    """Display name; must hold a hash of everything that makes the job what it is."""
    spec: pulumi.Input[Mapping[str, Any]]
    """The API's ``CustomJobSpec``, in its own (camelCase) names.
    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec"""
    kms_key_name: pulumi.Input[str] | None = None
    """Key of the job's disks."""
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    model_file: pulumi.Input[str] | None = "model.joblib"
    """The file in ``<output>/model/`` whose digest serving trusts; none: the job makes no model."""
    max_model_bytes: pulumi.Input[int] = 2 * GIB


class CustomJob(RunResource):
    """Runs a custom job and waits for its end.

    The digest is computed here, from the model as it is in Cloud Storage, and travels through
    Pulumi into the serving environment; one that lay beside the model would prove nothing.
    Another content is another job. One that failed or was interrupted stays in the state: the next
    update goes on with it. A finished job's record may go; its model may not. Deleting this
    resource cancels the job if it still runs and deletes its record, and keeps what it wrote,
    which belongs to its bucket.
    """

    project: pulumi.Output[str]
    region: pulumi.Output[str]
    name: pulumi.Output[str]
    spec: pulumi.Output[Mapping[str, Any]]
    kms_key_name: pulumi.Output[str | None]
    labels: pulumi.Output[Mapping[str, str] | None]
    model_file: pulumi.Output[str | None]
    max_model_bytes: pulumi.Output[int]
    resource_name: pulumi.Output[str]
    """``projects/…/locations/…/customJobs/ID``."""
    model_data_url: pulumi.Output[str]
    """``gs://…/model/``; empty without a model."""
    model_sha256: pulumi.Output[str]
    """SHA-256 of ``model_file``, 64 hexadecimal digits; empty without a model."""
    evaluation: pulumi.Output[Mapping[str, float]]
    """The numbers of ``<output>/output/evaluation.json``; ``{}`` without it."""

    def __init__(
        self, name: str, args: CustomJobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class CustomJobHandler(Handler):
    """Starts or adopts the job, waits, then reads its artefacts once."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset(
        {"project", "region", "name", "spec", "kmsKeyName"}
    )
    computed: ClassVar[frozenset[str]] = frozenset(
        {"resourceName", "modelDataUrl", "modelSha256", "evaluation"}
    )
    volatile: ClassVar[frozenset[str]] = frozenset({"modelSha256", "evaluation"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        return new, jobs.check_pools("spec", new.get("spec"))

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        if not self.computed <= outputs.keys():
            return self.preview_create(new)
        if _reads_the_same(outputs, new):
            return {**new, **{key: outputs[key] for key in self.computed}}
        return super().preview_update(outputs, new)

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return jobs.run(
            context,
            KIND,
            inputs,
            _body(inputs),
            is_usable=lambda _: _has_artefacts(inputs),
            results=lambda _: _artefacts(context, inputs, _TRAIN_AGAIN),
        )

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        if not self.computed <= outputs.keys():  # what an interruption or a failure left
            return self.create(context, new)[1]
        kept = {key: outputs[key] for key in self.computed}
        if _reads_the_same(outputs, new):
            return kept  # labels: a job that has ended keeps those it has
        with explained(f"custom job {new['name']}"):
            return {**kept, **_artefacts(context, new, _REPLACE)}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        return jobs.refresh(
            KIND,
            resource_id,
            outputs,
            computed=self.computed,
            # A job that makes no model left nothing but its record.
            is_kept=lambda: bool(outputs.get("modelFile")) and _has_artefacts(outputs),
        )

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        jobs.discard(context, KIND, outputs)


def _body(inputs: Properties) -> dict[str, Any]:
    body: dict[str, Any] = {
        "displayName": inputs["name"],
        "jobSpec": inputs["spec"],
        "labels": dict(inputs.get("labels") or {}),
    }
    if inputs.get("kmsKeyName"):
        body["encryptionSpec"] = {"kmsKeyName": inputs["kmsKeyName"]}
    return body


def _reads_the_same(outputs: Properties, new: Properties) -> bool:
    return all(outputs.get(key) == new.get(key) for key in ("modelFile", "maxModelBytes"))


def _base(inputs: Properties) -> str:
    output = (inputs["spec"].get("baseOutputDirectory") or {}).get("outputUriPrefix", "")
    if not output:
        raise ResourceFailedError(
            f"custom job {inputs['name']}: a job that makes a model needs "
            "spec.baseOutputDirectory.outputUriPrefix, the folder to write it to"
        )
    return str(output).rstrip("/")


def _has_artefacts(inputs: Properties) -> bool:
    """Whether the model is there, for jobs that make one."""
    file = inputs.get("modelFile")
    return not file or object_exists(f"{_base(inputs)}/model/{file}")


def _artefacts(context: Context, inputs: Properties, remedy: str) -> dict[str, Any]:
    file = inputs.get("modelFile")
    if not file:
        return {"modelDataUrl": "", "modelSha256": "", "evaluation": {}}
    base = _base(inputs)
    context.progress(f"{inputs['name']}: reading {base}/model/{file}")
    digest = file_digest(
        f"{base}/model/{file}", max_bytes=int(inputs["maxModelBytes"]), remedy=remedy
    )
    evaluation = numbers_in(f"{base}/output/evaluation.json")
    if evaluation is None:
        context.warn(f"custom job {inputs['name']}: no {base}/output/evaluation.json")
    return {
        "modelDataUrl": f"{base}/model/",
        "modelSha256": digest,
        "evaluation": evaluation or {},
    }
