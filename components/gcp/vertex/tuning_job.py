"""A Vertex AI hyper-parameter tuning job, as a resource: run once per content, waited for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.objects import has_objects
from components.gcp.vertex import jobs
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

    Another content is another job. One that failed or was interrupted stays in the state: the next
    update goes on with it. A finished job's record may go as long as the best trial's output is
    there. Deleting this resource cancels the job if it still runs and deletes its record.
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
        failures = jobs.check_pools("trialJobSpec", new.get("trialJobSpec"))
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

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        if not self.computed <= outputs.keys():
            return self.preview_create(new)
        return super().preview_update(outputs, new)

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return jobs.run(
            context,
            KIND,
            inputs,
            _body(inputs),
            is_usable=lambda job: bool(_measured(inputs, job)),
            results=lambda job: best(inputs, job),
        )

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        if not self.computed <= outputs.keys():  # what an interruption or a failure left
            return self.create(context, new)[1]
        # Only labels change in place, and a finished job keeps those it has.
        return {key: outputs[key] for key in self.computed}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        return jobs.refresh(
            KIND,
            resource_id,
            outputs,
            computed=self.computed,
            is_kept=lambda: _has_best_output(outputs),
        )

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        jobs.discard(context, KIND, outputs)


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
    counts = Counter(str(trial.get("state", "STATE_UNSPECIFIED")) for trial in _trials(job))
    values = _measured(inputs, job)
    if not values:
        raise ResourceFailedError(
            f"tuning job {inputs['name']}: no trial reported the metric {metric['metricId']!r} "
            f"(trials: {dict(counts) or 'none'}). The script reports it with cloudml-hypertune's "
            "file; `pulumi up` tunes again"
        )
    choose = min if metric.get("goal") == "MINIMIZE" else max
    value, trial = choose(values, key=lambda item: item[0])
    return {
        "bestTrialId": str(trial["id"]),
        "bestValue": value,
        "bestParameters": {
            str(parameter["parameterId"]): _text(parameter.get("value", 0))
            for parameter in trial.get("parameters", [])
        },
        "trialCounts": dict(counts),
    }


def _trials(job: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = job.get("trials", [])
    return found


def _measured(inputs: Properties, job: Mapping[str, Any]) -> list[tuple[float, Mapping[str, Any]]]:
    """The succeeded trials that reported the study's first metric, with its value."""
    metric = inputs["studySpec"]["metrics"][0]["metricId"]
    return [
        # A value of 0 is left out of JSON.
        (float(found.get("value", 0.0)), trial)
        for trial in _trials(job)
        for found in (trial.get("finalMeasurement") or {}).get("metrics", [])
        if trial.get("state") == "SUCCEEDED" and found.get("metricId") == metric
    ]


def _has_best_output(outputs: Properties) -> bool:
    """Whether the best trial's own folder of the job's output has anything in it."""
    output = (outputs["trialJobSpec"].get("baseOutputDirectory") or {}).get("outputUriPrefix", "")
    return bool(output) and has_objects(f"{str(output).rstrip('/')}/{outputs['bestTrialId']}/")


def _text(value: Any) -> str:
    """Whole numbers, such as those of a discrete range, have no decimal point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
