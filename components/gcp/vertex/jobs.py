"""What custom jobs and tuning jobs have in common: start or adopt, wait, cancel, delete."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from components.gcp.machines import Accelerator, check_machine
from components.gcp.runs.cloud import ApiError, call, explained, is_missing, wait_for_operation
from components.gcp.runs.logs import excerpt, last_line, of_job
from components.runs.polling import Polling
from plugin.handler import (
    CheckFailure,
    OperationInterruptedError,
    Properties,
    ResourceFailedError,
)
from plugin.provider import Context
from plugin.values import contains_unknown

ENDED: Final = frozenset(
    {
        "JOB_STATE_SUCCEEDED",
        "JOB_STATE_PARTIALLY_SUCCEEDED",
        "JOB_STATE_FAILED",
        "JOB_STATE_CANCELLED",
        "JOB_STATE_EXPIRED",
    }
)
_SUCCEEDED: Final = frozenset({"JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED"})
_CANCELLING: Final = "JOB_STATE_CANCELLING"
_NOUNS: Final = {"customJobs": "custom job", "hyperparameterTuningJobs": "tuning job"}
# What the cloud may take beyond the job's own timeout: finding machines, and ending.
_GRACE_SECONDS: Final = 1800.0
_DEFAULT_SECONDS: Final = 7 * 24 * 3600.0


def noun(kind: str) -> str:
    """``custom job`` for ``customJobs``."""
    return _NOUNS[kind]


def create_or_adopt(
    context: Context, kind: str, inputs: Properties, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The finished job of this display name; starts it unless it is under way or succeeded.

    The display name holds a hash of everything that makes the job what it is, so a job of the
    same name, left by an update that was killed, is the same job.

    Raises:
        ResourceFailedError: when the job failed, with the end of its log.
        OperationInterruptedError: when the user interrupted; the job goes on.
    """
    name, project, region = inputs["name"], inputs["project"], inputs["region"]
    with explained(f"{_NOUNS[kind]} {name}"):
        job = _adoptable(kind, inputs)
        if job is None:
            parent = f"/v1/projects/{project}/locations/{region}/{kind}"
            job = call("aiplatform", "POST", parent, region=region, body=body)
        else:
            context.info(f"{_NOUNS[kind]} {name}: takes up {job['name']}, which is the same")
        return _wait(context, kind, inputs, job)


def find(resource_name: str, region: str) -> dict[str, Any] | None:
    """The job as the API describes it, or ``None`` when there is none."""
    with explained(resource_name):
        try:
            return call("aiplatform", "GET", f"/v1/{resource_name}", region=region)
        except ApiError as error:
            if is_missing(error):
                return None
            raise


def cancel_and_delete(context: Context, kind: str, resource_name: str, region: str) -> None:
    """Cancels a job that is still going, waits for its end, and deletes its record."""
    with explained(f"{_NOUNS[kind]} {resource_name}"):
        job = find(resource_name, region)
        if job is None:
            return
        polling = Polling(context, f"{_NOUNS[kind]} {job['displayName']}", limit=_GRACE_SECONDS)
        if job["state"] not in ENDED:
            call("aiplatform", "POST", f"/v1/{resource_name}:cancel", region=region, body={})
        while job is not None and job["state"] not in ENDED:
            polling.pause("cancelling")
            job = find(resource_name, region)
        if job is None:
            return
        try:
            operation = call("aiplatform", "DELETE", f"/v1/{resource_name}", region=region)
            wait_for_operation(
                polling, operation, api="aiplatform", region=region, doing="deleting"
            )
        except ApiError as error:
            if not is_missing(error):
                raise


def check_pools(path: str, spec: object) -> list[CheckFailure]:
    """Machines, accelerators and replicas of a CustomJobSpec that do not go together."""
    if not isinstance(spec, Mapping) or contains_unknown(spec.get("workerPoolSpecs")):
        return []
    failures = []
    for index, pool in enumerate(spec.get("workerPoolSpecs") or ()):
        machine = pool.get("machineSpec") or {}
        accelerator = None
        if machine.get("acceleratorType"):
            accelerator = Accelerator(
                str(machine["acceleratorType"]), int(machine.get("acceleratorCount") or 1)
            )
        replicas = int(pool.get("replicaCount") or 1)
        reason = ""
        try:
            check_machine(str(machine.get("machineType", "")), accelerator, replicas=replicas)
        except ValueError as error:
            reason = str(error)
        if index == 0 and replicas != 1:
            reason = "the first pool is the primary replica and has exactly one"
        if reason:
            place = f"{path}.workerPoolSpecs[{index}].machineSpec"
            failures.append(CheckFailure(property=place, reason=reason))
    return failures


def _adoptable(kind: str, inputs: Properties) -> dict[str, Any] | None:
    project, region = inputs["project"], inputs["region"]
    answer = call(
        "aiplatform",
        "GET",
        f"/v1/projects/{project}/locations/{region}/{kind}",
        region=region,
        query={"filter": f'display_name="{inputs["name"]}"', "pageSize": "20"},
    )
    found: list[dict[str, Any]] = answer.get(kind, [])
    for job in sorted(found, key=lambda item: str(item.get("createTime", "")), reverse=True):
        usable = job["state"] not in ENDED or job["state"] in _SUCCEEDED
        if job["displayName"] == inputs["name"] and usable and job["state"] != _CANCELLING:
            return job
    return None


def _wait(
    context: Context, kind: str, inputs: Properties, job: Mapping[str, Any]
) -> dict[str, Any]:
    name, project, region = inputs["name"], inputs["project"], inputs["region"]
    subject = f"{_NOUNS[kind]} {name}"
    resource_name = job["name"]
    polling = Polling(context, subject, limit=_limit(kind, inputs))
    current: dict[str, Any] = dict(job)
    try:
        while current["state"] not in ENDED:
            polling.pause(_words(current["state"]), _detail(kind, project, current))
            current = call("aiplatform", "GET", f"/v1/{resource_name}", region=region)
    except OperationInterruptedError:
        raise OperationInterruptedError(
            f"{subject}: interrupted; {resource_name} goes on in the cloud, and the next "
            "`pulumi up` takes it up. To end it: "
            f"`gcloud ai {_gcloud(kind)} cancel {resource_name}`"
        ) from None
    except ApiError as error:
        if is_missing(error):
            raise ResourceFailedError(
                f"{subject}: somebody deleted {resource_name} while it was waited for. "
                "`pulumi up` starts it anew."
            ) from None
        raise
    if current["state"] not in _SUCCEEDED:
        raise ResourceFailedError(_failed(kind, inputs, current))
    return current


def _detail(kind: str, project: str, job: Mapping[str, Any]) -> Callable[[], str]:
    if kind == "hyperparameterTuningJobs":
        trials = job.get("trials", [])
        done = sum(trial.get("state") in {"SUCCEEDED", "INFEASIBLE"} for trial in trials)
        return lambda: f"{done} of {job.get('maxTrialCount', '?')} trials done"
    return lambda: last_line(project, of_job(str(job["name"])))


def _failed(kind: str, inputs: Properties, job: Mapping[str, Any]) -> str:
    project, region = inputs["project"], inputs["region"]
    error = job.get("error") or {}
    reason = str(error.get("message") or "Vertex AI gives no reason").rstrip(".")
    trials = _trials(job)
    return (
        f"{_NOUNS[kind]} {inputs['name']} {_words(job['state'])}: {reason}.{trials}\n"
        f"{excerpt(project, of_job(str(job['name'])))}\n"
        f"In the console: Vertex AI > Training > {region} > {inputs['name']}. "
        "Once the cause is repaired, `pulumi up` starts it anew."
    )


def _trials(job: Mapping[str, Any]) -> str:
    bad = [trial for trial in job.get("trials", []) if trial.get("state") == "INFEASIBLE"]
    if not bad:
        return ""
    reasons = "; ".join(
        f"trial {trial['id']}: {trial.get('infeasibleReason') or 'no reason given'}"
        for trial in bad[:3]
    )
    return f" Failed trials: {len(bad)} ({reasons})."


def _limit(kind: str, inputs: Properties) -> float:
    spec = inputs["spec"] if kind == "customJobs" else inputs["trialJobSpec"]
    text = str((spec.get("scheduling") or {}).get("timeout") or "").removesuffix("s")
    seconds = float(text) if text else _DEFAULT_SECONDS
    rounds = 1
    if kind == "hyperparameterTuningJobs":
        rounds = -(-int(inputs["maxTrialCount"]) // int(inputs["parallelTrialCount"]))
    return seconds * rounds + _GRACE_SECONDS


def _gcloud(kind: str) -> str:
    return "custom-jobs" if kind == "customJobs" else "hp-tuning-jobs"


def _words(state: str) -> str:
    return state.removeprefix("JOB_STATE_").replace("_", " ").lower()
