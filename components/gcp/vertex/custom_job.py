"""A Vertex AI custom job, as a resource: run once per content, waited for, its model measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.objects import file_digest, numbers_in
from components.gcp.vertex.jobs import cancel_and_delete, check_pools, create_or_adopt, find
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, ResourceFailedError, State
from plugin.provider import Context

TYPE: Final = "trimaran:gcp:CustomJob"
KIND: Final = "customJobs"
GIB: Final = 1024**3


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
    Another content is another job; deleting this resource cancels the job if it still runs and
    deletes its record, and keeps what it wrote, which belongs to its bucket.
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
        return new, check_pools("spec", new.get("spec"))

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        job = create_or_adopt(context, KIND, inputs, _body(inputs))
        outputs = {"resourceName": job["name"], **_artefacts(context, inputs)}
        return str(job["name"]), outputs

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        # Labels, or what is read of the artefacts: the job itself stays.
        return {"resourceName": resource_id, **_artefacts(context, new)}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        if find(resource_id, outputs["region"]) is None:
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        cancel_and_delete(context, KIND, resource_id, outputs["region"])


def _body(inputs: Properties) -> dict[str, Any]:
    body: dict[str, Any] = {
        "displayName": inputs["name"],
        "jobSpec": inputs["spec"],
        "labels": dict(inputs.get("labels") or {}),
    }
    if inputs.get("kmsKeyName"):
        body["encryptionSpec"] = {"kmsKeyName": inputs["kmsKeyName"]}
    return body


def _artefacts(context: Context, inputs: Properties) -> dict[str, Any]:
    file = inputs.get("modelFile")
    if not file:
        return {"modelDataUrl": "", "modelSha256": "", "evaluation": {}}
    output = (inputs["spec"].get("baseOutputDirectory") or {}).get("outputUriPrefix", "")
    if not output:
        raise ResourceFailedError(
            f"custom job {inputs['name']}: a job that makes a model needs "
            "spec.baseOutputDirectory.outputUriPrefix, the folder to write it to"
        )
    base = str(output).rstrip("/")
    context.progress(f"{inputs['name']}: reading {base}/model/{file}")
    digest = file_digest(f"{base}/model/{file}", max_bytes=int(inputs["maxModelBytes"]))
    evaluation = numbers_in(f"{base}/output/evaluation.json")
    if evaluation is None:
        context.warn(f"custom job {inputs['name']}: no {base}/output/evaluation.json")
    return {
        "modelDataUrl": f"{base}/model/",
        "modelSha256": digest,
        "evaluation": evaluation or {},
    }
