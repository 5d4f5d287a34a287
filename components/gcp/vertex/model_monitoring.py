"""Monitoring of what an endpoint is asked, as a resource: skew and drift of its features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.cloud import ApiError, call, explained, is_missing, wait_for_operation
from components.runs.polling import Polling
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, State
from plugin.provider import Context
from plugin.values import contains_unknown

TYPE: Final = "trimaran:gcp:ModelMonitoring"
KIND: Final = "modelDeploymentMonitoringJobs"
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_LIMIT_SECONDS: Final = 1800.0
# What the API changes in place, by the input that it follows from.
# https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.modelDeploymentMonitoringJobs/patch
_FIELDS: Final[Mapping[str, str]] = {
    "deployedModelId": "modelDeploymentMonitoringObjectiveConfigs",
    "trainingUri": "modelDeploymentMonitoringObjectiveConfigs",
    "targetField": "modelDeploymentMonitoringObjectiveConfigs",
    "skewThresholds": "modelDeploymentMonitoringObjectiveConfigs",
    "driftThresholds": "modelDeploymentMonitoringObjectiveConfigs",
    "intervalHours": "modelDeploymentMonitoringScheduleConfig",
    "sampleRate": "loggingSamplingStrategy",
    "notificationChannels": "modelMonitoringAlertConfig",
    "logDays": "logTtl",
    "labels": "labels",
}


@dataclass(frozen=True, kw_only=True)
class ModelMonitoringArgs:
    """What is compared with what, how often, and who is told."""

    project: pulumi.Input[str]
    region: pulumi.Input[str]
    name: pulumi.Input[str]
    """Display name, one for each endpoint."""
    endpoint_name: pulumi.Input[str]
    deployed_model_id: pulumi.Input[str]
    training_uri: pulumi.Input[str]
    """``gs://…/*.csv``: the table that the model was trained on, in the units of a request."""
    target_field: pulumi.Input[str]
    skew_thresholds: pulumi.Input[Mapping[str, pulumi.Input[float]]]
    """Feature to the distance (Jensen-Shannon divergence) from the training table."""
    drift_thresholds: pulumi.Input[Mapping[str, pulumi.Input[float]]]
    """Feature to the distance from the time before."""
    analysis_schema_uri: pulumi.Input[str]
    """``gs://…/*.yaml``: names and order of the values of an instance."""
    sample_rate: pulumi.Input[float] = 1.0
    """Share of the requests that is logged, above 0 and at most 1."""
    interval_hours: pulumi.Input[int] = 24
    notification_channels: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    log_days: pulumi.Input[int] = 30
    """How long the logged requests stay in BigQuery."""
    kms_key_name: pulumi.Input[str] | None = None
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None


class ModelMonitoring(RunResource):
    """Logs a share of the requests to BigQuery and compares them on a schedule.

    Another deployed model, other thresholds or another schedule change it in place. Deleting it
    pauses the job first, as the API wants, and keeps the tables, which expire by themselves.
    """

    project: pulumi.Output[str]
    region: pulumi.Output[str]
    name: pulumi.Output[str]
    endpoint_name: pulumi.Output[str]
    deployed_model_id: pulumi.Output[str]
    training_uri: pulumi.Output[str]
    target_field: pulumi.Output[str]
    skew_thresholds: pulumi.Output[Mapping[str, float]]
    drift_thresholds: pulumi.Output[Mapping[str, float]]
    analysis_schema_uri: pulumi.Output[str]
    sample_rate: pulumi.Output[float]
    interval_hours: pulumi.Output[int]
    notification_channels: pulumi.Output[Sequence[str]]
    log_days: pulumi.Output[int]
    kms_key_name: pulumi.Output[str | None]
    labels: pulumi.Output[Mapping[str, str] | None]
    resource_name: pulumi.Output[str]
    """``projects/…/locations/…/modelDeploymentMonitoringJobs/ID``."""

    def __init__(
        self, name: str, args: ModelMonitoringArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class ModelMonitoringHandler(Handler):
    """Creates a monitoring job, or takes up the one that a killed update left."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset(
        {"project", "region", "name", "endpointName", "analysisSchemaUri", "kmsKeyName"}
    )
    computed: ClassVar[frozenset[str]] = frozenset({"resourceName"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        return new, [CheckFailure(property=key, reason=why) for key, why in _refusals(new)]

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        with explained(f"model monitoring {inputs['name']}"):
            found = _same(inputs)
            if found is not None:
                context.info(f"model monitoring {inputs['name']}: takes up {found['name']}")
                self._patch(context, found["name"], inputs, frozenset(_FIELDS.values()))
            else:
                found = call(
                    "aiplatform",
                    "POST",
                    f"{_parent(inputs)}/{KIND}",
                    region=inputs["region"],
                    body=body_of(inputs),
                )
        return str(found["name"]), {"resourceName": found["name"]}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        changed = {field for key, field in _FIELDS.items() if outputs.get(key) != new.get(key)}
        if changed:
            with explained(f"model monitoring {new['name']}"):
                self._patch(context, resource_id, new, frozenset(changed))
        return {"resourceName": resource_id}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        with explained(f"model monitoring {resource_id}"):
            try:
                call("aiplatform", "GET", f"/v1/{resource_id}", region=outputs["region"])
            except ApiError as error:
                if is_missing(error):
                    return None
                raise
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        region = outputs["region"]
        polling = Polling(context, f"model monitoring {outputs['name']}", limit=_LIMIT_SECONDS)
        with explained(f"model monitoring {outputs['name']}"):
            try:
                job = call("aiplatform", "GET", f"/v1/{resource_id}", region=region)
                if job.get("state") == "JOB_STATE_RUNNING":
                    call("aiplatform", "POST", f"/v1/{resource_id}:pause", region=region, body={})
                operation = call("aiplatform", "DELETE", f"/v1/{resource_id}", region=region)
                wait_for_operation(
                    polling, operation, api="aiplatform", region=region, doing="deleting"
                )
            except ApiError as error:
                if not is_missing(error):
                    raise

    @staticmethod
    def _patch(context: Context, name: str, inputs: Properties, fields: frozenset[str]) -> None:
        body = body_of(inputs)
        operation = call(
            "aiplatform",
            "PATCH",
            f"/v1/{name}",
            region=inputs["region"],
            body={field: body[field] for field in sorted(fields)},
            query={"updateMask": ",".join(sorted(fields))},
        )
        polling = Polling(context, f"model monitoring {inputs['name']}", limit=_LIMIT_SECONDS)
        wait_for_operation(
            polling, operation, api="aiplatform", region=inputs["region"], doing="changing"
        )


def body_of(inputs: Properties) -> dict[str, Any]:
    """The API's ``ModelDeploymentMonitoringJob``."""
    skew, drift = inputs["skewThresholds"], inputs["driftThresholds"]
    body: dict[str, Any] = {
        "displayName": inputs["name"],
        "endpoint": inputs["endpointName"],
        "modelDeploymentMonitoringObjectiveConfigs": [
            {
                "deployedModelId": inputs["deployedModelId"],
                "objectiveConfig": {
                    "trainingDataset": {
                        "gcsSource": {"uris": [inputs["trainingUri"]]},
                        "dataFormat": "csv",
                        "targetField": inputs["targetField"],
                    },
                    "trainingPredictionSkewDetectionConfig": {"skewThresholds": _values(skew)},
                    "predictionDriftDetectionConfig": {"driftThresholds": _values(drift)},
                },
            }
        ],
        "modelDeploymentMonitoringScheduleConfig": {
            "monitorInterval": f"{int(inputs['intervalHours']) * _HOUR}s"
        },
        "loggingSamplingStrategy": {
            "randomSampleConfig": {"sampleRate": float(inputs["sampleRate"])}
        },
        "modelMonitoringAlertConfig": {
            "enableLogging": True,
            "notificationChannels": list(inputs.get("notificationChannels") or ()),
        },
        "analysisInstanceSchemaUri": inputs["analysisSchemaUri"],
        "logTtl": f"{int(inputs['logDays']) * _DAY}s",
        "labels": dict(inputs.get("labels") or {}),
    }
    if inputs.get("kmsKeyName"):
        body["encryptionSpec"] = {"kmsKeyName": inputs["kmsKeyName"]}
    return body


def _values(thresholds: Mapping[str, float]) -> dict[str, dict[str, float]]:
    return {feature: {"value": float(value)} for feature, value in thresholds.items()}


def _refusals(new: Properties) -> list[tuple[str, str]]:
    found = []
    rate = new.get("sampleRate")
    if not contains_unknown(rate) and not 0 < float(rate or 0) <= 1:
        found.append(("sampleRate", f"must be above 0 and at most 1, not {rate}"))
    hours = new.get("intervalHours")
    if not contains_unknown(hours) and int(hours or 0) < 1:
        found.append(("intervalHours", "must be at least 1: the service counts in whole hours"))
    for key in ("skewThresholds", "driftThresholds"):
        values = new[key]
        if not contains_unknown(values) and any(not 0 < value <= 1 for value in values.values()):
            found.append((key, "each must be above 0 (0 would never tell) and at most 1"))
    return found


def _parent(inputs: Properties) -> str:
    return f"/v1/projects/{inputs['project']}/locations/{inputs['region']}"


def _same(inputs: Properties) -> dict[str, Any] | None:
    """The job of this display name on the same endpoint."""
    answer = call(
        "aiplatform",
        "GET",
        f"{_parent(inputs)}/{KIND}",
        region=inputs["region"],
        query={"filter": f'display_name="{inputs["name"]}"', "pageSize": "100"},
    )
    endpoint = str(inputs["endpointName"]).rsplit("/", 1)[-1]
    for job in answer.get(KIND, []):
        if str(job["endpoint"]).rsplit("/", 1)[-1] == endpoint:
            return dict(job)
    return None
