"""A run of the preparation pipeline, as a resource: done once per content hash, waited for.

The pipeline is submitted by a process of its own (``model_code/prepare_beam.py``): Beam takes 8 s
to import, and a process can be ended. Which engine does the work is the runner's name alone.
"""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.runs.cloud import call, explained
from components.gcp.runs.logs import excerpt
from components.gcp.runs.objects import object_exists
from components.packaging import ROOT
from components.runs.polling import Polling
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

TYPE: Final = "trimaran:gcp:DataflowRun"
DATAFLOW: Final = "DataflowRunner"
RUNNERS: Final = (DATAFLOW, "FnApiRunner", "PrismRunner", "DirectRunner")
_JOB_NAME: Final = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_JOB_ID: Final = re.compile(r'"job_id": "([^"]+)"')
_ENDED: Final = frozenset(
    {"JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_DRAINED"}
)
_TAIL_LINES: Final = 20
_STOP_SECONDS: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class DataflowRunArgs:
    """What to prepare, from where to where, and by which engine."""

    project: pulumi.Input[str]
    region: pulumi.Input[str]
    job_name: pulumi.Input[str]
    """Name of the Dataflow job: letters, digits and dashes, at most 63; holds the trigger."""
    runner: pulumi.Input[str] = DATAFLOW
    """Beam's name of the engine: ``DataflowRunner``, or one that runs in the submitting process,
    such as ``FnApiRunner``."""
    arguments: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """Of the pipeline, names with their dashes: ``{"--seed": "42"}``."""
    options: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """Beam's options for ``DataflowRunner``; an empty value makes a flag. Other runners get none.
    https://cloud.google.com/dataflow/docs/reference/pipeline-options"""
    code_directory: pulumi.Input[str] = "model_code"
    """Folder with ``prepare_beam.py``, relative to the project."""
    trigger: pulumi.Input[str]
    """Content hash of data, code and arguments: runs again when, and only when, it changes."""
    processed_uri: pulumi.Input[str]
    """``gs://bucket/prefix`` under which the pipeline writes ``train/``, ``validation/``,
    ``test/`` and ``statistics/statistics.json``."""
    timeout_minutes: pulumi.Input[int] = 60


class DataflowRun(RunResource):
    """Runs the pipeline and waits until its data sets are there.

    A Dataflow job of the same name that an interrupted update left behind is waited for instead
    of starting a second one. Deleting this resource cancels a job that is still going and keeps
    the data, which belongs to its bucket.
    """

    project: pulumi.Output[str]
    region: pulumi.Output[str]
    job_name: pulumi.Output[str]
    runner: pulumi.Output[str]
    arguments: pulumi.Output[Mapping[str, str]]
    options: pulumi.Output[Mapping[str, str] | None]
    code_directory: pulumi.Output[str]
    trigger: pulumi.Output[str]
    processed_uri: pulumi.Output[str]
    timeout_minutes: pulumi.Output[int]
    job_id: pulumi.Output[str]
    """Of the Dataflow job; empty for other runners."""
    datasets: pulumi.Output[Mapping[str, str]]
    """``train``, ``validation``, ``test`` and ``statistics``: prefixes ending in ``/``."""

    def __init__(
        self, name: str, args: DataflowRunArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class DataflowRunHandler(PreparationHandler):
    """Submits or takes up a job, and waits for it."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"project", "region"})
    computed: ClassVar[frozenset[str]] = frozenset({"jobId", "datasets"})
    volatile: ClassVar[frozenset[str]] = frozenset({"jobId"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        failures = []
        runner, job = new.get("runner"), new.get("jobName")
        if isinstance(runner, str) and runner not in RUNNERS:
            reason = f"must be one of {', '.join(RUNNERS)}, not {runner}"
            failures.append(CheckFailure(property="runner", reason=reason))
        if isinstance(job, str) and not _JOB_NAME.fullmatch(job):
            reason = f"Dataflow takes names such as prep-1a2b, at most 63 characters, not {job}"
            failures.append(CheckFailure(property="jobName", reason=reason))
        for property_ in ("arguments", "options"):
            names = new.get(property_)
            for key in names if isinstance(names, Mapping) else ():
                if not key.startswith("--"):
                    reason = f"names have two dashes: --{key}"
                    failures.append(CheckFailure(property=f"{property_}.{key}", reason=reason))
        return new, failures

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        outputs = self.run(context, inputs)
        return f"{inputs['jobName']}/{outputs['jobId'] or inputs['runner']}", outputs

    def run(self, context: Context, inputs: Properties) -> dict[str, Any]:
        return _run(context, inputs)

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        # Dataflow forgets jobs after a while, which takes nothing away. What counts is the data.
        if not object_exists(statistics_uri(outputs)):
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        job = _job_called(outputs) if outputs.get("jobId") else None
        if job is not None and job["currentState"] not in _ENDED:
            _cancel(outputs, job["id"])


def command(inputs: Properties) -> list[str]:
    """The command line that submits the pipeline."""
    runner = inputs["runner"]
    directory = ROOT / str(inputs["codeDirectory"])
    line = [sys.executable, str(directory / "prepare_beam.py"), f"--runner={runner}"]
    line += [f"{key}={value}" for key, value in sorted(inputs["arguments"].items())]
    line += [f"--output={inputs['processedUri']}"]
    if runner != DATAFLOW:
        return line
    line += [f"--project={inputs['project']}", f"--region={inputs['region']}"]
    line += [f"--job_name={inputs['jobName']}"]
    for key, value in sorted((inputs.get("options") or {}).items()):
        # Labels are given one by one.
        for part in str(value).split(",") if key == "--labels" else [str(value)]:
            line.append(f"{key}={part}" if part else key)
    return line


def _run(context: Context, inputs: Properties) -> dict[str, Any]:
    job, found = inputs["jobName"], None
    # Beyond the job's own time: finding workers, and ending.
    limit = 60.0 * (int(inputs["timeoutMinutes"]) + 20)
    polling = Polling(context, f"preparation {job}", limit=limit)
    with explained(f"preparation {job}"):
        if inputs["runner"] == DATAFLOW:
            found = _job_called(inputs)
            if found is not None and _is_usable(inputs, found):
                context.info(f"preparation {job}: takes up job {found['id']}, which is the same")
                job_id = _wait(polling, inputs, found)
                return {"jobId": job_id, "datasets": datasets(inputs["processedUri"])}
        job_id = _submit(polling, inputs)
    if not object_exists(statistics_uri(inputs)):
        raise ResourceFailedError(
            f"preparation {job} succeeded but wrote no {statistics_uri(inputs)}. The pipeline must "
            "write its data sets under --output"
        )
    return {"jobId": job_id, "datasets": datasets(inputs["processedUri"])}


def _is_usable(inputs: Properties, job: Mapping[str, Any]) -> bool:
    state = job["currentState"]
    return state not in _ENDED or (
        state == "JOB_STATE_DONE" and object_exists(statistics_uri(inputs))
    )


def _jobs_path(inputs: Properties) -> str:
    return f"/v1b3/projects/{inputs['project']}/locations/{inputs['region']}/jobs"


def _job_called(inputs: Properties) -> dict[str, Any] | None:
    """The newest Dataflow job of this name."""
    token = ""
    while True:
        query = {"name": str(inputs["jobName"]), **({"pageToken": token} if token else {})}
        answer = call("dataflow", "GET", _jobs_path(inputs), query=query)
        jobs = [job for job in answer.get("jobs", []) if job["name"] == inputs["jobName"]]
        if jobs:
            newest: dict[str, Any] = max(jobs, key=lambda job: str(job.get("createTime", "")))
            return newest
        token = str(answer.get("nextPageToken") or "")
        if not token:
            return None


def _wait(polling: Polling, inputs: Properties, job: Mapping[str, Any]) -> str:
    current = dict(job)
    try:
        while current["currentState"] not in _ENDED:
            polling.pause(str(current["currentState"]).removeprefix("JOB_STATE_").lower())
            current = call("dataflow", "GET", f"{_jobs_path(inputs)}/{current['id']}")
    except OperationInterruptedError:
        # It is in no state yet: nothing but this could end it.
        _cancel(inputs, current["id"])
        raise OperationInterruptedError(_interrupted(inputs)) from None
    if current["currentState"] != "JOB_STATE_DONE":
        condition = f'resource.labels.job_id="{current["id"]}"'
        raise ResourceFailedError(
            f"preparation {inputs['jobName']}: job {current['id']} ended as "
            f"{current['currentState']}.\n{excerpt(inputs['project'], condition)}\n"
            f"In the console: Dataflow > Jobs > {inputs['jobName']}"
        )
    return str(current["id"])


def _interrupted(inputs: Properties) -> str:
    return f"preparation {inputs['jobName']}: interrupted; the run was stopped"


def _cancel(inputs: Properties, job_id: str) -> None:
    with explained(f"preparation {inputs['jobName']}"):
        call(
            "dataflow",
            "PUT",
            f"{_jobs_path(inputs)}/{job_id}",
            body={"requestedState": "JOB_STATE_CANCELLED"},
        )


def _submit(polling: Polling, inputs: Properties) -> str:
    """Runs the submitting process to its end; returns the Dataflow job's id, if there is one."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        command(inputs),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        cwd=ROOT,
        start_new_session=True,
    )
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    job_id = ""
    try:
        while process.poll() is None:
            job_id = _take(lines, tail) or job_id
            polling.pause("running", tail[-1][:120] if tail else "")
    except OperationInterruptedError:
        if job_id:
            _cancel(inputs, job_id)
        raise OperationInterruptedError(_interrupted(inputs)) from None
    finally:
        _end(process)
        reader.join(_STOP_SECONDS)
        if process.stdout is not None and not reader.is_alive():
            process.stdout.close()
    job_id = _take(lines, tail) or job_id
    if process.returncode != 0:
        raise ResourceFailedError(_failed(inputs, process.returncode, list(tail), job_id))
    return job_id


def _read(process: "subprocess.Popen[str]", lines: "queue.SimpleQueue[str]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line.rstrip())


def _take(lines: "queue.SimpleQueue[str]", tail: "deque[str]") -> str:
    found = ""
    while not lines.empty():
        line = lines.get()
        match = _JOB_ID.search(line)
        if match:
            found = match[1]
        if line.strip():
            tail.append(line)
    return found


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _failed(inputs: Properties, code: int, tail: list[str], job_id: str) -> str:
    told = [line for line in tail if line.startswith("error: ")]
    subject = f"preparation {inputs['jobName']}"
    where = f"\nIn the console: Dataflow > Jobs > {inputs['jobName']}" if job_id else ""
    if told:
        return f"{subject}: {told[-1].removeprefix('error: ')}{where}"
    shown = "\n".join(f"    {line}" for line in tail) or "    (nothing)"
    return f"{subject} ended with code {code}. Its log ends with:\n{shown}{where}"
