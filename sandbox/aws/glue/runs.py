"""Job runs: a script of S3 in a child process, its states, its log."""

import os
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.glue.models import FakeJob, glue_backends

from sandbox.aws import tempo
from sandbox.aws.clients import sdk_environment
from sandbox.aws.context import Context
from sandbox.aws.glue import arguments as glue_arguments
from sandbox.aws.logs.streams import LogStream
from sandbox.aws.s3 import objects
from sandbox.errors import JobError
from sandbox.jobs import Job
from sandbox.processes import Process

ACTIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_COMMANDS = ("glueetl", "pythonshell")
_TAIL = 5


@dataclass(kw_only=True)
class JobRun:
    """One run; plain data that survives a restart. `timeout` is in minutes."""

    id: str
    base_id: str
    job: str
    account: str
    region: str
    arguments: dict[str, str]
    command: dict[str, str]
    role: str
    timeout: int
    retries_left: int
    attempt: int = 0
    previous: str | None = None
    security_configuration: str | None = None
    log_prefix: str = "/aws-glue/jobs"
    state: str = "STARTING"
    error: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    completed: datetime | None = None
    seconds: int = 0
    settings: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """The run as GetJobRun answers it."""
        return {
            **self.settings,
            "Id": self.id,
            "Attempt": self.attempt,
            "PreviousRunId": self.previous,
            "JobName": self.job,
            "StartedOn": self.started,
            "LastModifiedOn": self.modified,
            "CompletedOn": self.completed,
            "JobRunState": self.state,
            "Arguments": self.arguments,
            "ErrorMessage": self.error,
            "PredecessorRuns": [],
            "ExecutionTime": self.seconds,
            "Timeout": self.timeout,
            "SecurityConfiguration": self.security_configuration,
            "LogGroupName": self.log_prefix,
        }


class Runs:
    """Starts, watches and stops runs; they are kept in a table of the sandbox's state."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.RLock()

    @property
    def table(self) -> dict[str, JobRun]:
        return self._context.table("glue-runs")

    def of_job(self, job: FakeJob) -> list[JobRun]:
        """The runs of a job, the newest first."""
        where = (job.name, job.backend.account_id, job.backend.region_name)
        return [
            run
            for run in reversed(list(self.table.values()))
            if (run.job, run.account, run.region) == where
        ]

    def start(self, run: JobRun) -> None:
        with self._lock:
            self.table[run.id] = run
        self._context.changed()
        self._context.jobs.submit("glue", run.id, lambda job: self._work(job, run))

    def stop(self, run: JobRun) -> None:
        with self._lock:
            if run.state not in ("STARTING", "RUNNING"):
                return
            self._set(run, "STOPPING")
        if job := self._context.jobs.find("glue", run.id):
            job.stop(grace=3.0)

    def forget(self, job: FakeJob) -> None:
        """Drop the runs of a deleted job, ending those that still run."""
        for run in self.of_job(job):
            self.stop(run)
            self.table.pop(run.id, None)

    def settle(self) -> None:
        """End the runs that were under way when the sandbox went down."""
        for run in self.table.values():
            if run.state in ACTIVE:
                self._finish(run, "FAILED", "the sandbox was restarted during the run")

    def _set(self, run: JobRun, state: str) -> None:
        run.state, run.modified = state, datetime.now(UTC)
        self._context.changed("logs", "s3", "glue")

    def _finish(self, run: JobRun, state: str, error: str | None) -> None:
        run.completed, run.error = datetime.now(UTC), error
        self._set(run, state)

    def _work(self, job: Job, run: JobRun) -> None:
        places = glue_arguments.log_places(
            run.arguments,
            run_id=run.id,
            role=run.role,
            security_configuration=run.security_configuration,
        )
        output, system = (
            self._stream(run, group, places.stream) for group in (places.output, places.error)
        )
        try:
            state, error = self._execute(job, run, places, output)
        except (JobError, objects.ObjectMissing, ValueError) as failure:
            state, error = "FAILED", str(failure)
        except Exception as failure:
            state, error = "FAILED", f"the sandbox failed: {type(failure).__name__}: {failure}"
            raise
        finally:
            if job.interrupted:
                state, error = "FAILED", "the sandbox was stopped during the run"
            system.write(f"{run.id} {state}" + (f": {error}" if error else ""))
            self._finish(run, state, error)
        if state == "FAILED" and run.retries_left > 0 and not job.interrupted:
            self._retry(run)

    def _stream(self, run: JobRun, group: str, stream: str) -> LogStream:
        key = None
        if run.security_configuration:
            stored = glue_backends[run.account][run.region].security_configurations
            if configuration := stored.get(run.security_configuration):
                encryption = configuration.configuration.get("CloudWatchEncryption") or {}
                key = encryption.get("KmsKeyArn")
        return LogStream(
            account=run.account, region=run.region, group=group, stream=stream, kms_key=key
        )

    def _execute(
        self, job: Job, run: JobRun, places: glue_arguments.LogPlaces, output: LogStream
    ) -> tuple[str, str | None]:
        kind = run.command.get("Name", "")
        if kind not in _COMMANDS:
            raise JobError(f"Command.Name {kind!r}: the sandbox runs {' and '.join(_COMMANDS)}")
        failure = job.directory / "failure"
        process = self._process(job.directory, run, failure)
        streams = [output]
        if places.everything:
            streams.append(self._stream(run, places.everything, f"{run.id}-driver"))
        tail: deque[str] = deque(maxlen=_TAIL)

        def on_line(_: str, line: str) -> None:
            tail.append(line)
            for stream in streams:
                stream.write(line)
            self._context.changed("logs")

        with self._lock:
            if run.state == "STOPPING" or job.stop_requested.is_set():
                return "STOPPED", None
            self._set(run, "RUNNING")
        outcome = job.run(
            [process], on_line=on_line, timeout=run.timeout * tempo.minute(), grace=3.0
        )
        run.seconds = max(1, round(outcome.seconds))
        if outcome.timed_out:
            return "TIMEOUT", f"Job timed out after {run.timeout} minutes"
        if outcome.stopped:
            return "STOPPED", None
        if outcome.succeeded:
            return "SUCCEEDED", None
        if failure.exists():
            return "FAILED", failure.read_text()[:1000]
        code = next(iter(outcome.exit_codes.values()), None)
        return "FAILED", f"Command failed with exit code {code}; last lines: {' | '.join(tail)}"

    def _process(self, directory: Path, run: JobRun, failure: Path) -> Process:
        """Fetch the script and what it imports, and say how to start it."""
        location = run.command.get("ScriptLocation", "")
        script = directory / Path(location).name
        script.write_bytes(objects.read_object(run.account, location))
        libraries = directory / "libraries"
        libraries.mkdir(exist_ok=True)
        wanted = glue_arguments.listed(run.arguments, "--additional-python-modules")
        shipped = glue_arguments.listed(run.arguments, "--extra-py-files")
        shipped += [each for each in wanted if each.startswith("s3://")]
        glue_arguments.check_modules([each for each in wanted if not each.startswith("s3://")])
        path = [str(libraries)]
        for uri in shipped:
            target = libraries / Path(uri).name
            target.write_bytes(objects.read_object(run.account, uri))
            if target.suffix != ".py":
                path.append(str(target))
        arguments = glue_arguments.command_line(
            run.arguments, job_name=run.job, job_id=f"j_{run.base_id[3:]}", run_id=run.id
        )
        temporary = directory / "tmp"
        temporary.mkdir(exist_ok=True)
        env = {
            **sdk_environment(self._context.endpoint_url, run.region),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
            "HOME": str(temporary),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        argv = [sys.executable, str(_BOOTSTRAP), str(failure), str(script), *arguments]
        return Process(name="driver", argv=argv, env=env, cwd=temporary)

    def _retry(self, run: JobRun) -> None:
        attempt = run.attempt + 1
        self.start(
            JobRun(
                id=f"{run.base_id}_attempt_{attempt}",
                base_id=run.base_id,
                job=run.job,
                account=run.account,
                region=run.region,
                arguments=run.arguments,
                command=run.command,
                role=run.role,
                timeout=run.timeout,
                retries_left=run.retries_left - 1,
                attempt=attempt,
                previous=run.id,
                security_configuration=run.security_configuration,
                log_prefix=run.log_prefix,
                settings=run.settings,
            )
        )
