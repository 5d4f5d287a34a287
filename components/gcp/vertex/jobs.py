"""What custom jobs and tuning jobs have in common: start or adopt, wait, cancel, delete."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from components.gcp.machines import Accelerator, check_machine
from components.gcp.runs.cloud import (
    ApiError,
    call,
    explained,
    is_missing,
    quota_remedy,
    wait_for_operation,
)
from components.gcp.runs.logs import excerpt, last_line, of_job
from components.runs.polling import Polling
from plugin.handler import (
    CheckFailure,
    InitializationFailedError,
    OperationInterruptedError,
    Properties,
    ResourceFailedError,
    State,
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
_RESOURCE_EXHAUSTED: Final = 8
# What the cloud may take beyond the job's own timeout: finding machines, and ending.
_GRACE_SECONDS: Final = 1800.0
_DEFAULT_SECONDS: Final = 7 * 24 * 3600.0


def run(
    context: Context,
    kind: str,
    inputs: Properties,
    body: Mapping[str, Any],
    *,
    is_usable: Callable[[Mapping[str, Any]], bool],
    results: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> tuple[str, dict[str, Any]]:
    """Id and outputs of the finished job of this display name.

    The display name holds a hash of everything that makes the job what it is, so a job of the same
    name that is under way, or that succeeded and ``is_usable``, is the same job: it is taken up.
    Otherwise a new one starts. ``results`` reads the outputs off a job that succeeded.

    The id is the display name: the job behind it may be another one after a failure.

    Raises:
        InitializationFailedError: when the job was started but has no results, because it failed
            (with the end of its log) or because the user interrupted. It stays in the state, so
            that the next update goes on with it and a destroy ends it.
        ResourceFailedError: when it could not be started.
    """
    name = str(inputs["name"])
    subject = f"{_NOUNS[kind]} {name}"
    with explained(subject):
        job = _adoptable(kind, inputs, is_usable)
        if job is None:
            path = f"/v1/{_parent(inputs)}/{kind}"
            job = call("aiplatform", "POST", path, region=inputs["region"], body=body)
        else:
            context.info(f"{subject}: takes up {job['name']}, which is the same")
    started = {**inputs, "resourceName": job["name"]}
    try:
        with explained(subject):
            ended = _wait(context, kind, inputs, job)
            return name, {"resourceName": ended["name"], **results(ended)}
    except ResourceFailedError as error:
        raise InitializationFailedError(str(error), resource_id=name, outputs=started) from error


def refresh(
    kind: str,
    resource_id: str,
    outputs: Properties,
    *,
    computed: frozenset[str],
    is_kept: Callable[[], bool],
) -> State | None:
    """The resource as the cloud has it; ``None`` when neither job nor results are left.

    Records of jobs are cleaned up, by people or by the cloud. As long as what the job brought is
    there (``is_kept``), nothing needs to be run again.

    Raises:
        InitializationFailedError: when the job's results were never read.
    """
    job = find(outputs["resourceName"], outputs["region"])
    if computed <= outputs.keys():
        return State(id=resource_id, outputs=outputs) if job is not None or is_kept() else None
    if job is None:
        return None
    raise InitializationFailedError(
        f"{_NOUNS[kind]} {outputs['name']} is {_words(job['state'])} and has no results in the "
        "state; `pulumi up` goes on with it",
        resource_id=resource_id,
        outputs=outputs,
    )


def find(resource_name: str, region: str) -> dict[str, Any] | None:
    """The job as the API describes it, or ``None`` when there is none."""
    with explained(resource_name):
        try:
            return call("aiplatform", "GET", f"/v1/{resource_name}", region=region)
        except ApiError as error:
            if is_missing(error):
                return None
            raise


def discard(context: Context, kind: str, outputs: Properties) -> None:
    """Ends the job if it still runs, and deletes its record and those of its earlier attempts."""
    name, region = str(outputs["resourceName"]), outputs["region"]
    with explained(f"{_NOUNS[kind]} {outputs['name']}"):
        same = _of_this_name(kind, outputs)
        begun = next((str(job.get("createTime", "")) for job in same if job["name"] == name), "")
        _cancel_and_delete(context, kind, name, region)
        for job in same:
            # Never a newer one that succeeded: it replaces this one, under the same name.
            over = job["state"] in ENDED and str(job.get("createTime", "")) < begun
            if job["name"] != name and (over or job["state"] in ENDED - _SUCCEEDED):
                _cancel_and_delete(context, kind, job["name"], region)


def _cancel_and_delete(context: Context, kind: str, resource_name: str, region: str) -> None:
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
        wait_for_operation(polling, operation, api="aiplatform", region=region, doing="deleting")
    except ApiError as error:
        if not is_missing(error):
            raise


def check_pools(path: str, spec: object) -> list[CheckFailure]:
    """Machines, accelerators and replicas of a CustomJobSpec that do not go together.

    What a preview does not know yet, such as an argument, keeps no machine from being judged.
    """
    pools = spec.get("workerPoolSpecs") if isinstance(spec, Mapping) else None
    failures = []
    for index, pool in enumerate(pools if isinstance(pools, Sequence) else ()):
        reason = _refusal(pool, primary=index == 0) if isinstance(pool, Mapping) else ""
        if reason:
            place = f"{path}.workerPoolSpecs[{index}].machineSpec"
            failures.append(CheckFailure(property=place, reason=reason))
    return failures


def _refusal(pool: Mapping[str, Any], *, primary: bool) -> str:
    """Why the cloud has no such pool; empty when it has, or when that is not known yet."""
    machine, replicas = pool.get("machineSpec") or {}, pool.get("replicaCount")
    if contains_unknown([machine, replicas]):
        return ""
    accelerator = None
    if machine.get("acceleratorType"):
        accelerator = Accelerator(
            str(machine["acceleratorType"]), int(machine.get("acceleratorCount") or 1)
        )
    count = 1 if replicas is None else int(replicas)
    try:
        check_machine(str(machine.get("machineType", "")), accelerator, replicas=count)
    except ValueError as error:
        return str(error)
    if primary and count != 1:
        return "the first pool is the primary replica and has exactly one"
    return ""


def _parent(properties: Properties) -> str:
    return f"projects/{properties['project']}/locations/{properties['region']}"


def _of_this_name(kind: str, properties: Properties) -> list[dict[str, Any]]:
    """The jobs of the resource's display name, newest first."""
    answer = call(
        "aiplatform",
        "GET",
        f"/v1/{_parent(properties)}/{kind}",
        region=properties["region"],
        query={"filter": f'display_name="{properties["name"]}"', "pageSize": "100"},
    )
    found = [job for job in answer.get(kind, []) if job["displayName"] == properties["name"]]
    return sorted(found, key=lambda job: str(job.get("createTime", "")), reverse=True)


def _adoptable(
    kind: str, inputs: Properties, is_usable: Callable[[Mapping[str, Any]], bool]
) -> dict[str, Any] | None:
    for job in _of_this_name(kind, inputs):
        under_way = job["state"] not in ENDED and job["state"] != _CANCELLING
        if under_way or (job["state"] in _SUCCEEDED and is_usable(job)):
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
            "`pulumi up` takes it up. To end it: `pulumi destroy`, or "
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
    quota = quota_remedy(reason, region) if error.get("code") == _RESOURCE_EXHAUSTED else ""
    return (
        f"{_NOUNS[kind]} {inputs['name']} {_words(job['state'])}: {reason}.{trials}{quota}\n"
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
