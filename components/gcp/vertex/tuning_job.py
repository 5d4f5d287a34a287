"""A Vertex AI hyper-parameter tuning job, as a resource: run once per content, waited for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.vertex.jobs import cancel_and_delete, check_pools, create_or_adopt, find
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, ResourceFailedError, State
from plugin.provider import Context
from plugin.values import contains_unknown

TYPE: Final = "trimaran:gcp:TuningJob"
KIND: Final = "hyperparameterTuningJobs"


@dataclass(frozen=True, kw_only=True)
class TuningJobArgs:
    """The study and its trials, in the API's own terms."""

    project: pulumi.Input[str]
    region: pulumi.Input[str]
    name: pulumi.Input[str]
    """Display name; must hold a hash of everything that makes the job what it is."""
    study_spec: pulumi.Input[Mapping[str, Any]]
    """The API's ``StudySpec`` in its own (camelCase) names: metrics, parameters, algorithm.
    https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec"""
    trial_job_spec: pulumi.Input[Mapping[str, Any]]
    """The API's ``CustomJobSpec`` of each trial; the parameters arrive as ``--name=value``."""
    max_trial_count: pulumi.Input[int]
    parallel_trial_count: pulumi.Input[int]
    max_failed_trial_count: pulumi.Input[int] = 0
    """Failed trials after which the job fails; 0 leaves it to the service."""
    kms_key_name: pulumi.Input[str] | None = None
    labels: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None


class TuningJob(RunResource):
    """Runs a tuning job and waits for its end; gives the best trial's parameters.

    Another content is another job; deleting this resource cancels the job if it still runs and
    deletes its record.
    """

    project: pulumi.Output[str]
    region: pulumi.Output[str]
    name: pulumi.Output[str]
    study_spec: pulumi.Output[Mapping[str, Any]]
    trial_job_spec: pulumi.Output[Mapping[str, Any]]
    max_trial_count: pulumi.Output[int]
    parallel_trial_count: pulumi.Output[int]
    max_failed_trial_count: pulumi.Output[int]
    kms_key_name: pulumi.Output[str | None]
    labels: pulumi.Output[Mapping[str, str] | None]
    resource_name: pulumi.Output[str]
    """``projects/…/locations/…/hyperparameterTuningJobs/ID``."""
    best_trial_id: pulumi.Output[str]
    best_value: pulumi.Output[float]
    """Of the first metric."""
    best_parameters: pulumi.Output[Mapping[str, str]]
    """Parameter id to value, as command line arguments spell it."""
    trial_counts: pulumi.Output[Mapping[str, int]]
    """Number of trials by state, e.g. ``{"SUCCEEDED": 20}``."""

    def __init__(
        self, name: str, args: TuningJobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class TuningJobHandler(Handler):
    """Starts or adopts the job, waits, then picks the best trial."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset(
        {
            "project",
            "region",
            "name",
            "studySpec",
            "trialJobSpec",
            "maxTrialCount",
            "parallelTrialCount",
            "maxFailedTrialCount",
            "kmsKeyName",
        }
    )
    computed: ClassVar[frozenset[str]] = frozenset(
        {"resourceName", "bestTrialId", "bestValue", "bestParameters", "trialCounts"}
    )

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        failures = check_pools("trialJobSpec", new.get("trialJobSpec"))
        counts = (new.get("maxTrialCount"), new.get("parallelTrialCount"))
        if not contains_unknown(list(counts)):
            most, parallel = (int(count or 0) for count in counts)
            if not 1 <= parallel <= most:
                reason = f"must be between 1 and maxTrialCount ({most}), not {parallel}"
                failures.append(CheckFailure(property="parallelTrialCount", reason=reason))
        study = new.get("studySpec")
        if isinstance(study, Mapping) and not contains_unknown(study):
            for key in ("metrics", "parameters"):
                if not study.get(key):
                    failures.append(
                        CheckFailure(property=f"studySpec.{key}", reason="needs at least one")
                    )
        return new, failures

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        job = create_or_adopt(context, KIND, inputs, _body(inputs))
        return str(job["name"]), {"resourceName": job["name"], **best(inputs, job)}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        # Only labels change in place, and a finished job keeps those it has.
        return {key: outputs[key] for key in self.computed if key in outputs}

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
        "studySpec": inputs["studySpec"],
        "trialJobSpec": inputs["trialJobSpec"],
        "maxTrialCount": int(inputs["maxTrialCount"]),
        "parallelTrialCount": int(inputs["parallelTrialCount"]),
        "maxFailedTrialCount": int(inputs.get("maxFailedTrialCount") or 0),
        "labels": dict(inputs.get("labels") or {}),
    }
    if inputs.get("kmsKeyName"):
        body["encryptionSpec"] = {"kmsKeyName": inputs["kmsKeyName"]}
    return body


def best(inputs: Properties, job: Mapping[str, Any]) -> dict[str, Any]:
    """The best succeeded trial by the study's first metric.

    Raises:
        ResourceFailedError: when no trial reported the metric.
    """
    metric = inputs["studySpec"]["metrics"][0]
    lowest = metric.get("goal") == "MINIMIZE"
    values: list[tuple[float, Mapping[str, Any]]] = []
    counts: dict[str, int] = {}
    for trial in job.get("trials", []):
        state = str(trial.get("state", "STATE_UNSPECIFIED"))
        counts[state] = counts.get(state, 0) + 1
        measured = (trial.get("finalMeasurement") or {}).get("metrics", [])
        # A value of 0 is left out of JSON.
        values += [
            (float(found.get("value", 0.0)), trial)
            for found in measured
            if state == "SUCCEEDED" and found.get("metricId") == metric["metricId"]
        ]
    if not values:
        raise ResourceFailedError(
            f"tuning job {inputs['name']}: no trial reported the metric {metric['metricId']!r} "
            f"(trials: {counts or 'none'}). The script reports it with cloudml-hypertune's file"
        )
    value, trial = (min if lowest else max)(values, key=lambda item: item[0])
    return {
        "bestTrialId": str(trial["id"]),
        "bestValue": value,
        "bestParameters": {
            str(parameter["parameterId"]): _text(parameter.get("value", 0))
            for parameter in trial.get("parameters", [])
        },
        "trialCounts": counts,
    }


def _text(value: Any) -> str:
    """Whole numbers, such as those of a discrete range, have no decimal point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
