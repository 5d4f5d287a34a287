"""Training pipelines of Vertex AI: start or adopt, wait, read the model's evaluation, delete."""

from collections.abc import Mapping
from typing import Any, Final

from components.gcp.runs.cloud import ApiError, call, explained, is_missing, wait_for_operation
from components.gcp.vertex.model import ModelHandler
from components.runs.polling import Polling
from plugin.handler import (
    InitializationFailedError,
    OperationInterruptedError,
    Properties,
    ResourceFailedError,
    State,
)
from plugin.provider import Context

ENDED: Final = frozenset(
    {"PIPELINE_STATE_SUCCEEDED", "PIPELINE_STATE_FAILED", "PIPELINE_STATE_CANCELLED"}
)
_SUCCEEDED: Final = "PIPELINE_STATE_SUCCEEDED"
_CANCELLING: Final = "PIPELINE_STATE_CANCELLING"
_SECONDS_PER_MILLI_NODE_HOUR: Final = 3.6
# Finding machines, reading the table and measuring the model take hours beside the search.
_GRACE_SECONDS: Final = 6 * 3600.0
_CANCEL_SECONDS: Final = 1800.0


def run(
    context: Context, inputs: Properties, body: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Id and outputs of the finished pipeline of this display name; starts it if need be.

    The id is the display name, which holds a hash of the content: the pipeline behind it may be
    another one after a failure.

    Raises:
        InitializationFailedError: when it was started but failed or was interrupted.
        ResourceFailedError: when it could not be started.
    """
    name, region = str(inputs["name"]), inputs["region"]
    subject = f"AutoML job {name}"
    with explained(subject):
        pipeline = _adoptable(inputs)
        if pipeline is None:
            place = _model_name(inputs)
            there = _get(place, region) is not None
            asked = {"parentModel": place} if there else {"modelId": inputs["modelId"]}
            path = f"{_parent(inputs)}/trainingPipelines"
            pipeline = call("aiplatform", "POST", path, region=region, body={**body, **asked})
        else:
            context.info(f"{subject}: takes up {pipeline['name']}, which is the same")
    started = {**inputs, "resourceName": pipeline["name"]}
    try:
        with explained(subject):
            ended = _wait(context, inputs, pipeline)
            return name, {"resourceName": ended["name"], **_results(inputs, ended)}
    except ResourceFailedError as error:
        raise InitializationFailedError(str(error), resource_id=name, outputs=started) from error


def refresh(resource_id: str, outputs: Properties, *, computed: frozenset[str]) -> State | None:
    """The resource as the cloud has it; ``None`` when its model is gone.

    Raises:
        InitializationFailedError: when the pipeline's results were never read.
    """
    region = outputs["region"]
    with explained(f"AutoML job {outputs['name']}"):
        if computed <= outputs.keys():
            there = _get(outputs["modelVersionName"], region) is not None
            return State(id=resource_id, outputs=outputs) if there else None
        pipeline = _get(outputs["resourceName"], region)
    if pipeline is None:
        return None
    raise InitializationFailedError(
        f"AutoML job {outputs['name']} is {_words(pipeline)} and has no results in the state; "
        "`pulumi up` goes on with it",
        resource_id=resource_id,
        outputs=outputs,
    )


def discard(context: Context, outputs: Properties) -> None:
    """Ends the pipeline if it still runs; deletes its record and the version that it made."""
    region, name = outputs["region"], outputs["resourceName"]
    polling = Polling(context, f"AutoML job {outputs['name']}", limit=_CANCEL_SECONDS)
    with explained(f"AutoML job {outputs['name']}"):
        pipeline = _get(name, region)
        if pipeline is not None and pipeline["state"] not in ENDED:
            call("aiplatform", "POST", f"/v1/{name}:cancel", region=region, body={})
        while pipeline is not None and pipeline["state"] not in ENDED:
            polling.pause("cancelling")
            pipeline = _get(name, region)
        # A model that came after all, of a pipeline whose results were never read.
        made = _version_name(pipeline or {}) or outputs.get("modelVersionName", "")
        if pipeline is not None:
            operation = call("aiplatform", "DELETE", f"/v1/{name}", region=region)
            wait_for_operation(
                polling, operation, api="aiplatform", region=region, doing="deleting"
            )
    if made:
        model, _, version = str(made).partition("@")
        state = {"region": region, "resourceName": model, "versionId": version}
        ModelHandler().delete(context, str(made), state)


def _parent(inputs: Properties) -> str:
    return f"/v1/projects/{inputs['project']}/locations/{inputs['region']}"


def _model_name(inputs: Properties) -> str:
    return f"{_parent(inputs).removeprefix('/v1/')}/models/{inputs['modelId']}"


def _get(name: str, region: str) -> dict[str, Any] | None:
    try:
        return call("aiplatform", "GET", f"/v1/{name}", region=region)
    except ApiError as error:
        if is_missing(error):
            return None
        raise


def _adoptable(inputs: Properties) -> dict[str, Any] | None:
    answer = call(
        "aiplatform",
        "GET",
        f"{_parent(inputs)}/trainingPipelines",
        region=inputs["region"],
        query={"filter": f'display_name="{inputs["name"]}"', "pageSize": "100"},
    )
    found = list(answer.get("trainingPipelines", ()))
    for pipeline in sorted(found, key=lambda item: str(item.get("createTime", "")), reverse=True):
        if pipeline["displayName"] != inputs["name"] or pipeline["state"] == _CANCELLING:
            continue
        if pipeline["state"] not in ENDED:
            return dict(pipeline)
        if pipeline["state"] == _SUCCEEDED and _get(_version_name(pipeline), inputs["region"]):
            return dict(pipeline)
    return None


def _wait(context: Context, inputs: Properties, pipeline: Mapping[str, Any]) -> dict[str, Any]:
    subject, region = f"AutoML job {inputs['name']}", inputs["region"]
    name = pipeline["name"]
    limit = int(inputs["budgetMilliNodeHours"]) * _SECONDS_PER_MILLI_NODE_HOUR + _GRACE_SECONDS
    polling = Polling(context, subject, limit=limit)
    current = dict(pipeline)
    try:
        while current["state"] not in ENDED:
            polling.pause(_words(current))
            current = call("aiplatform", "GET", f"/v1/{name}", region=region)
    except OperationInterruptedError:
        raise OperationInterruptedError(
            f"{subject}: interrupted; {name} goes on in the cloud, and the next `pulumi up` takes "
            "it up. To end it: `pulumi destroy`, or cancel it in the console: Vertex AI > Training "
            "> Training pipelines"
        ) from None
    except ApiError as error:
        if is_missing(error):
            raise ResourceFailedError(
                f"{subject}: somebody deleted {name} while it was waited for. `pulumi up` starts "
                "it anew."
            ) from None
        raise
    if current["state"] != _SUCCEEDED:
        reason = str((current.get("error") or {}).get("message") or "Vertex AI gives no reason")
        raise ResourceFailedError(
            f"{subject} {_words(current)}: {reason.rstrip('.')}.\n"
            f"In the console: Vertex AI > Training > {region} > {inputs['name']}. "
            "Once the cause is repaired, `pulumi up` starts it anew."
        )
    return current


def _version_name(pipeline: Mapping[str, Any]) -> str:
    model = pipeline.get("modelToUpload") or {}
    return f"{model['name']}@{model['versionId']}" if model.get("name") else ""


def _results(inputs: Properties, pipeline: Mapping[str, Any]) -> dict[str, Any]:
    version = _version_name(pipeline)
    answer = call("aiplatform", "GET", f"/v1/{version}/evaluations", region=inputs["region"])
    found = answer.get("modelEvaluations", [])
    if not found:
        raise ResourceFailedError(
            f"AutoML job {inputs['name']}: {version} has no evaluation. `pulumi up` looks again"
        )
    return {"modelVersionName": version, "evaluation": numbers(found[0].get("metrics") or {})}


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The plain numbers of an evaluation, and the accuracy that its confusion matrix tells."""
    plain = {
        name: float(value)
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    rows = (metrics.get("confusionMatrix") or {}).get("rows", ())
    total = sum(sum(row) for row in rows)
    if total:
        plain["accuracy"] = sum(row[place] for place, row in enumerate(rows)) / total
    return plain


def _words(pipeline: Mapping[str, Any]) -> str:
    return str(pipeline["state"]).removeprefix("PIPELINE_STATE_").replace("_", " ").lower()
