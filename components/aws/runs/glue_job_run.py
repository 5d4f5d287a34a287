"""A run of a Glue job, as a resource: done once per content hash, waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

import pulumi

from components.aws.runs.cloud import client, error_code, explained, is_missing, object_exists
from components.aws.runs.logs import LogPlace, excerpt, last_line
from components.runs.polling import Polling, duration
from components.runs.preparation import PreparationHandler, datasets, statistics_uri
from components.runs.resource import RunResource
from plugin.handler import (
    CheckFailure,
    OperationInterruptedError,
    Properties,
    ResourceFailedError,
    State,
)
from plugin.provider import Context

TYPE: Final = "trimaran:aws:GlueJobRun"
TRIGGER: Final = "--trigger"
_ACTIVE: Final = frozenset({"STARTING", "RUNNING", "WAITING"})
_DEFAULT_LOG_GROUPS: Final = "/aws-glue/jobs"
# What Glue may take beyond the run's own timeout: waiting for workers, and ending.
_GRACE_MINUTES: Final = 20


@dataclass(frozen=True, kw_only=True)
class GlueJobRunArgs:
    """Which job runs, with what, and where it leaves its data sets."""

    job_name: pulumi.Input[str]
    """The Glue job."""
    arguments: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """The script's arguments, names with their dashes: ``{"--seed": "42"}``."""
    trigger: pulumi.Input[str]
    """Content hash of data, code and arguments: the job runs again when, and only when, this
    changes. The run carries it as the argument ``--trigger``."""
    processed_uri: pulumi.Input[str]
    """``s3://bucket/prefix`` under which the script writes ``train/``, ``validation/``, ``test/``
    and ``statistics/statistics.json``."""
    region: pulumi.Input[str] | None = None
    """The job's region; the environment's by default."""
    timeout_minutes: pulumi.Input[int] = 60
    """After this time Glue stops the run."""


class GlueJobRun(RunResource):
    """Runs a Glue job and waits until its data sets are there.

    A run of the same job and trigger that an interrupted update left behind is taken up instead
    of starting a second one. Deleting this resource stops a run that is still going and keeps the
    data, which belongs to its bucket.
    """

    job_name: pulumi.Output[str]
    arguments: pulumi.Output[Mapping[str, str]]
    trigger: pulumi.Output[str]
    processed_uri: pulumi.Output[str]
    region: pulumi.Output[str | None]
    timeout_minutes: pulumi.Output[int]
    run_id: pulumi.Output[str]
    execution_seconds: pulumi.Output[int]
    """Seconds the script ran, as Glue bills them."""
    log_group: pulumi.Output[str]
    """The log group with the script's own output."""
    datasets: pulumi.Output[Mapping[str, str]]
    """``train``, ``validation``, ``test`` and ``statistics``: S3 prefixes ending in ``/``."""

    def __init__(
        self, name: str, args: GlueJobRunArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class GlueJobRunHandler(PreparationHandler):
    """Starts or adopts a run, and waits for it."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"jobName", "region"})
    computed: ClassVar[frozenset[str]] = frozenset(
        {"runId", "executionSeconds", "logGroup", "datasets"}
    )
    volatile: ClassVar[frozenset[str]] = frozenset({"runId", "executionSeconds"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        failures = []
        arguments = new.get("arguments")
        for key in arguments if isinstance(arguments, Mapping) else ():
            if not key.startswith("--"):
                reason = f"Glue takes argument names with two dashes: --{key}"
                failures.append(CheckFailure(property=f"arguments.{key}", reason=reason))
            elif key == TRIGGER:
                reason = "is set by this resource from its input trigger"
                failures.append(CheckFailure(property=f"arguments.{key}", reason=reason))
        return new, failures

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        outputs = self.run(context, inputs)
        return f"{inputs['jobName']}/{outputs['runId']}", outputs

    def run(self, context: Context, inputs: Properties) -> dict[str, Any]:
        return _run(context, inputs)

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        # Glue forgets runs after a while, which takes nothing away. What counts is the data.
        if not object_exists(statistics_uri(outputs), outputs.get("region")):
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        from botocore.exceptions import ClientError

        job, run_id = outputs["jobName"], outputs["runId"]
        glue = client("glue", outputs.get("region"))
        with explained(f"Glue job {job}"):
            try:
                run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            except ClientError as error:
                if is_missing(error):
                    return
                raise
            if run["JobRunState"] in _ACTIVE:
                _stop(job, run_id, outputs.get("region"))


def _run(context: Context, inputs: Properties) -> dict[str, Any]:
    """Has the job run once with these inputs; returns the outputs."""
    job, region = inputs["jobName"], inputs.get("region")
    with explained(f"Glue job {job}"):
        declared = client("glue", region).get_job(JobName=job)["Job"].get("DefaultArguments", {})
        arguments = {**declared, **_arguments(inputs)}
        run_id = _adoptable(inputs)
        own = run_id is None
        if run_id is None:
            run_id = _start(context, inputs)
        else:
            context.info(f"Glue job {job}: takes up run {run_id}, which has the same trigger")
        try:
            run = _wait(context, inputs, run_id, arguments)
        except OperationInterruptedError:
            if own:
                _stop(job, run_id, region)
                raise OperationInterruptedError(
                    f"Glue job {job}: interrupted; run {run_id}, which this update had started, "
                    "was stopped"
                ) from None
            raise OperationInterruptedError(
                f"Glue job {job}: interrupted; run {run_id}, which an earlier update had started, "
                "goes on and the next `pulumi up` takes it up"
            ) from None
    places = _log_places(arguments, run)
    _require_success(inputs, run, places)
    if not object_exists(statistics_uri(inputs), region):
        raise ResourceFailedError(
            f"Glue job {job}: run {run_id} succeeded but wrote no {statistics_uri(inputs)}. "
            f"The script must write its data sets under --processed_uri.\n"
            f"{excerpt(places, region)}"
        )
    return {
        "runId": run_id,
        "executionSeconds": int(run.get("ExecutionTime", 0)),
        "logGroup": places[0].group,
        "datasets": datasets(inputs["processedUri"]),
    }


def _adoptable(inputs: Properties) -> str | None:
    """The run to take up: one that is under way, or the job's latest when it succeeded.

    An older success does not count: runs since then have overwritten its data.
    """
    glue = client("glue", inputs.get("region"))
    runs = glue.get_job_runs(JobName=inputs["jobName"], MaxResults=50).get("JobRuns", [])
    runs = sorted(runs, key=lambda run: run.get("StartedOn") or 0, reverse=True)
    for position, run in enumerate(runs):
        arguments = run.get("Arguments", {})
        if not _arguments(inputs).items() <= arguments.items():
            continue
        if run["JobRunState"] in _ACTIVE:
            return str(run["Id"])
        if position == 0 and run["JobRunState"] == "SUCCEEDED":
            there = object_exists(statistics_uri(inputs), inputs.get("region"))
            return str(run["Id"]) if there else None
    return None


def _arguments(inputs: Properties) -> dict[str, str]:
    return {**(inputs.get("arguments") or {}), TRIGGER: inputs["trigger"]}


def _start(context: Context, inputs: Properties) -> str:
    """Starts the run, after other runs of the job when it takes no more at once."""
    from botocore.exceptions import ClientError

    job = inputs["jobName"]
    glue = client("glue", inputs.get("region"))
    limit = 60.0 * (inputs["timeoutMinutes"] + _GRACE_MINUTES)
    polling = Polling(context, f"Glue job {job}", limit=limit)
    while True:
        try:
            started = glue.start_job_run(
                JobName=job, Arguments=_arguments(inputs), Timeout=int(inputs["timeoutMinutes"])
            )
        except ClientError as error:
            if error_code(error) != "ConcurrentRunsExceededException":
                raise
            polling.pause("waiting for another run of this job to end")
        else:
            return str(started["JobRunId"])


def _wait(
    context: Context, inputs: Properties, run_id: str, arguments: Mapping[str, str]
) -> dict[str, Any]:
    """Waits for the run's end; returns its record."""
    job, region = inputs["jobName"], inputs.get("region")
    glue = client("glue", region)
    limit = 60.0 * (inputs["timeoutMinutes"] + _GRACE_MINUTES)
    polling = Polling(context, f"Glue job {job}", limit=limit)
    while True:
        run: dict[str, Any] = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        status = run["JobRunState"]
        if status not in _ACTIVE and status != "STOPPING":
            return run
        place = _log_places(arguments, run)[0]
        polling.pause(status.lower(), partial(last_line, place, region))


def _require_success(
    inputs: Properties, run: Mapping[str, Any], places: Sequence[LogPlace]
) -> None:
    status = run["JobRunState"]
    if status == "SUCCEEDED":
        return
    job, run_id = inputs["jobName"], run["Id"]
    if status == "TIMEOUT":
        minutes = duration(60 * inputs["timeoutMinutes"])
        reason = f"it ran longer than the {minutes} it is allowed: raise the limit"
    elif status == "STOPPED":
        reason = "somebody stopped it"
    else:
        reason = run.get("ErrorMessage") or "Glue gives no reason"
    raise ResourceFailedError(
        f"Glue job {job}: run {run_id} ended with {status}: {reason}.\n"
        f"{excerpt(places, inputs.get('region'))}\n"
        f"In the console: AWS Glue > ETL jobs > {job} > Runs > {run_id}. "
        "Once the cause is repaired, `pulumi up` runs the job again."
    )


def _log_places(arguments: Mapping[str, str], run: Mapping[str, Any]) -> list[LogPlace]:
    """The script's own output first, then the system's.

    ``arguments`` are the job's defaults and the run's: either may move the log. With a security
    configuration Glue may add its name to that of the group: both are looked at.

    Source: https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
    """
    default = str(run.get("LogGroupName") or _DEFAULT_LOG_GROUPS)
    base = arguments.get("--custom-logGroup-prefix", default).rstrip("/")
    prefix = arguments.get("--custom-logStream-prefix", str(run["Id"]))
    security = run.get("SecurityConfiguration")
    ends = ["", f"-{security}"] if security else [""]
    return [
        LogPlace(group=f"{base}/{part}{end}", stream_prefix=prefix)
        for part in ("output", "error")
        for end in ends
    ]


def _stop(job: str, run_id: str, region: str | None) -> None:
    answer = client("glue", region).batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    for failure in answer.get("Errors", []):
        detail = failure.get("ErrorDetail", {})
        raise ResourceFailedError(
            f"Glue job {job}: run {run_id} could not be stopped: {detail.get('ErrorMessage')}. "
            f"Stop it in the console: AWS Glue > ETL jobs > {job} > Runs"
        )
