"""Custom jobs: created, listed, cancelled, deleted; each runs as soon as there is room."""

import logging
import shutil
from typing import Any

from sandbox.errors import JobError
from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import invalid, precondition
from sandbox.gcp.logs import LogEntries
from sandbox.gcp.vertex import job_spec
from sandbox.gcp.vertex.job_run import Run
from sandbox.gcp.vertex.quotas import Quotas
from sandbox.gcp.vertex.resources import PARENT, Resources, with_names_of_enums
from sandbox.jobs import Job
from sandbox.router import Request
from sandbox.store import Record

FINAL = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED")
STOPPED = "the sandbox was stopped while the job ran"

log = logging.getLogger(__name__)


class JobResources(Resources):
    """What custom jobs and tuning jobs share: cancel, delete, interruption by a restart."""

    def routes(self) -> None:
        self.routes_to_read()
        self.route("POST", f"{PARENT}/{self.kind}", self.create)
        self.route("POST", f"{PARENT}/{self.kind}/{{id}}:cancel", self.cancel)
        self.route("DELETE", f"{PARENT}/{self.kind}/{{id}}", self.delete)
        self.context.on_start(self._end_interrupted)

    def create(self, request: Request) -> Record:
        raise NotImplementedError

    def stop(self, record: Record) -> None:
        """End what runs for a job."""
        raise NotImplementedError

    def _end_interrupted(self) -> None:
        for name, record in self.store.find(self.collection):
            if record["state"] not in FINAL:
                self.interrupt(name, record)

    def interrupt(self, name: str, record: Record) -> None:
        """Note that the sandbox ended, perhaps by a kill, while a job ran."""
        self.change(name, **ended("JOB_STATE_FAILED", (10, STOPPED)))

    def cancel(self, request: Request) -> Record:
        with self.store.transaction():
            record = self.find(request)
            if record["state"] in FINAL:
                return {}
            self.change(record["name"], state="JOB_STATE_CANCELLING")
        self.stop(record)
        return {}

    def delete(self, request: Request) -> Record:
        record = self.find(request)
        if record["state"] not in FINAL:
            raise precondition(
                f"{record['name']} is in state {record['state']}: cancel it and wait for its end "
                "before it is deleted."
            )
        logs = self.context.jobs.directory / self.kind / record["name"].rsplit("/", 1)[-1]

        def work() -> None:
            self.store.delete(self.collection, record["name"])
            shutil.rmtree(logs, ignore_errors=True)

        return self.deletion(request, work)


def ended(state: str, error: tuple[int, str] | None = None) -> dict[str, Any]:
    """The fields of a job that ended now."""
    fields: dict[str, Any] = {"state": state, "endTime": now()}
    if error is not None:
        fields["error"] = {"code": error[0], "message": error[1]}
    return fields


def sink(context: Context, logs: LogEntries, project: str, job_id: str, trial: str = "") -> Any:
    """A function that writes a replica's lines where Cloud Logging shows a job's."""
    identifier = context.project_id(project)
    labels = {"ml.googleapis.com/job_id": job_id}
    if trial:
        labels["ml.googleapis.com/trial_id"] = trial

    def write(replica: str, line: str) -> None:
        resource = {
            "type": "ml_job",
            "labels": {"job_id": job_id, "project_id": identifier, "task_name": replica},
        }
        logs.write(identifier, job_id, resource=resource, log=replica, line=line, labels=labels)

    return write


class CustomJobs(JobResources):
    """Answers the methods of customJobs."""

    def __init__(self, context: Context, logs: LogEntries, quotas: Quotas) -> None:
        super().__init__(context, "customJobs")
        self._logs, self._quotas = logs, quotas
        self.routes()

    def create(self, request: Request) -> Record:
        given = with_names_of_enums(request.json())
        if not given.get("displayName"):
            raise invalid("CustomJob.display_name is required but missing.")
        job_spec.check(given.get("jobSpec", {}))
        record = self.new(request, given)
        record["state"] = "JOB_STATE_PENDING"
        with self.store.transaction():
            self._quotas.refuse_job(self.parent(request), record["jobSpec"])
            self.save(record)
        identifier = record["name"].rsplit("/", 1)[-1]
        self.context.jobs.submit(self.kind, identifier, lambda job: self._work(record, job))
        return record

    def stop(self, record: Record) -> None:
        job = self.context.jobs.find(self.kind, record["name"].rsplit("/", 1)[-1])
        if job is not None:
            job.stop(grace=5)

    def _work(self, record: Record, job: Job) -> None:
        name = record["name"]
        if job.stop_requested.is_set():
            self._finish(name, job, None)
            return
        self.change(name, state="JOB_STATE_RUNNING", startTime=now())
        _, project, _, location, _, identifier = name.split("/")
        run = Run(
            context=self.context,
            project=project,
            location=location,
            job_id=identifier,
            spec=record["jobSpec"],
            output=record["jobSpec"].get("baseOutputDirectory", {}).get("outputUriPrefix"),
            on_line=sink(self.context, self._logs, project, identifier),
        )
        error: tuple[int, str] | None = None
        try:
            run(job)
        except JobError as problem:
            error = (4 if "timeout" in str(problem)[:20] else 3, str(problem))
        except Exception as problem:
            log.exception("custom job %s", name)
            error = (13, f"the sandbox failed: {problem!r}")
        self._logs.flush()
        self._finish(name, job, error)

    def _finish(self, name: str, job: Job, error: tuple[int, str] | None) -> None:
        if error is not None:
            self.change(name, **ended("JOB_STATE_FAILED", error))
        elif job.interrupted:
            self.change(name, **ended("JOB_STATE_FAILED", (10, STOPPED)))
        elif job.stop_requested.is_set():
            self.change(name, **ended("JOB_STATE_CANCELLED", (1, "CANCELED")))
        else:
            self.change(name, **ended("JOB_STATE_SUCCEEDED"))
