"""Jobs and their runs on the wire."""

import functools
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.glue.models import FakeJob, GlueBackend, glue_backends

from sandbox.aws.answers import refused
from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.glue import arguments as glue_arguments
from sandbox.aws.glue.runs import ACTIVE, JobRun, Runs
from sandbox.aws.paging import page

# JobUpdate overwrites the whole definition; these are moto's attributes for its keys.
_ATTRIBUTES: dict[str, tuple[str, Any]] = {
    "Description": ("description", None),
    "LogUri": ("log_uri", None),
    "Role": ("role", None),
    "ExecutionProperty": ("execution_property", {}),
    "Command": ("command", None),
    "DefaultArguments": ("default_arguments", {}),
    "NonOverridableArguments": ("non_overridable_arguments", None),
    "Connections": ("connections", None),
    "MaxRetries": ("max_retries", None),
    "AllocatedCapacity": ("allocated_capacity", None),
    "Timeout": ("timeout", None),
    "MaxCapacity": ("max_capacity", None),
    "WorkerType": ("worker_type", None),
    "NumberOfWorkers": ("number_of_workers", None),
    "SecurityConfiguration": ("security_configuration", None),
    "NotificationProperty": ("notification_property", None),
    "GlueVersion": ("glue_version", None),
    "CodeGenConfigurationNodes": ("code_gen_configuration_nodes", None),
    "ExecutionClass": ("execution_class", "STANDARD"),
    "SourceControlDetails": ("source_control_details", None),
}
# moto keeps no attribute for these.
_EXTRA = ("JobMode", "JobRunQueuingEnabled", "MaintenanceWindow")


def backend(call: Call) -> GlueBackend:
    """moto's state of the call's account and region."""
    return glue_backends[call.account][call.region]


def not_found(message: str) -> Refusal:
    """Glue's refusal for what does not exist."""
    return Refusal("EntityNotFoundException", message)


def find_job(call: Call, name: str) -> FakeJob:
    """The job of that name; refused when there is none."""
    job = backend(call).jobs.get(name)
    if job is None:
        raise not_found(f"Job {name} not found.")
    return job


def _describe(job: FakeJob) -> dict[str, Any]:
    default_timeout = 480 if str(job.glue_version or "").startswith("5") else 2880
    described = job.as_dict()
    described["Timeout"] = job.timeout or default_timeout
    described["MaxRetries"] = job.max_retries or 0
    described["ExecutionProperty"] = {"MaxConcurrentRuns": 1, **job.execution_property}
    described["LastModifiedOn"] = job.last_modified_on
    return {**described, **getattr(job, "extra", {})}


class Jobs:
    """The operations on jobs and runs."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def create(self, call: Call) -> Any:
        name = call.params["Name"]
        if name in backend(call).jobs:
            raise Refusal("AlreadyExistsException", f"Job with name {name} already exists.")
        _check_command(call.params)
        answer = call.original()
        if refused(answer):
            return answer
        extra = {key: call.params[key] for key in _EXTRA if key in call.params}
        find_job(call, name).extra = extra  # type: ignore[attr-defined]
        return answer

    def get(self, call: Call) -> dict[str, object]:
        return {"Job": _describe(find_job(call, call.params["JobName"]))}

    def get_all(self, call: Call) -> dict[str, object]:
        found, token = page(list(backend(call).jobs.values()), call.params, limit=100)
        return {"Jobs": [_describe(job) for job in found], "NextToken": token}

    def update(self, call: Call) -> dict[str, object]:
        """Replace the definition: what JobUpdate does not name goes back to its default."""
        job, update = find_job(call, call.params["JobName"]), call.params["JobUpdate"]
        _check_command(update)
        for key, (attribute, default) in _ATTRIBUTES.items():
            setattr(job, attribute, update.get(key, default))
        job.extra = {key: update[key] for key in _EXTRA if key in update}  # type: ignore[attr-defined]
        job.last_modified_on = datetime.now(UTC)
        return {"JobName": job.name}

    def delete(self, call: Call) -> dict[str, object]:
        """A job that is not there is no error, as in the cloud."""
        name = call.params["JobName"]
        if job := backend(call).jobs.pop(name, None):
            self._runs.forget(job)
            backend(call).tagger.delete_all_tags_for_resource(job.arn)
        return {"JobName": name}

    def start_run(self, call: Call) -> dict[str, object]:
        params = call.params
        job = find_job(call, params["JobName"])
        active = [run for run in self._runs.of_job(job) if run.state in ACTIVE]
        if len(active) >= job.execution_property.get("MaxConcurrentRuns", 1):
            raise Refusal(
                "ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job.name}"
            )
        security = params.get("SecurityConfiguration") or job.security_configuration
        if security and security not in backend(call).security_configurations:
            raise not_found(f"SecurityConfiguration {security} not found")
        described = _describe(job)
        arguments = glue_arguments.merge(
            job.default_arguments or {},
            params.get("Arguments") or {},
            job.non_overridable_arguments or {},
        )
        identifier = f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}"
        places = glue_arguments.log_places(
            arguments, run_id=identifier, role=job.role, security_configuration=security
        )
        settings = {
            key: params.get(key) or described.get(key)
            for key in ("GlueVersion", "WorkerType", "NumberOfWorkers", "MaxCapacity")
        }
        run = JobRun(
            id=identifier,
            base_id=identifier,
            job=job.name,
            account=call.account,
            region=call.region,
            arguments=arguments,
            command=dict(described["Command"]),
            role=job.role,
            timeout=params.get("Timeout") or described["Timeout"],
            retries_left=described["MaxRetries"],
            security_configuration=security,
            log_prefix=places.prefix,
            settings={key: value for key, value in settings.items() if value is not None},
        )
        self._runs.start(run)
        return {"JobRunId": run.id}

    def _run(self, call: Call, job: FakeJob, identifier: str) -> JobRun:
        for run in self._runs.of_job(job):
            if run.id == identifier:
                return run
        raise not_found(f"Job run {identifier} not found.")

    def get_run(self, call: Call) -> dict[str, object]:
        job = find_job(call, call.params["JobName"])
        return {"JobRun": self._run(call, job, call.params["RunId"]).describe()}

    def get_runs(self, call: Call) -> dict[str, object]:
        runs = self._runs.of_job(find_job(call, call.params["JobName"]))
        found, token = page(runs, call.params, limit=200)
        return {"JobRuns": [run.describe() for run in found], "NextToken": token}

    def stop_runs(self, call: Call) -> dict[str, object]:
        name = call.params["JobName"]
        job = find_job(call, name)
        stopped, errors = [], []
        for identifier in call.params["JobRunIds"]:
            try:
                self._runs.stop(self._run(call, job, identifier))
                stopped.append({"JobName": name, "JobRunId": identifier})
            except Refusal as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"JobName": name, "JobRunId": identifier, "ErrorDetail": detail})
        return {"SuccessfulSubmissions": stopped, "Errors": errors}


def _check_command(definition: dict[str, Any]) -> None:
    command = definition.get("Command") or {}
    if not command.get("ScriptLocation", "").startswith("s3://"):
        raise Refusal(
            "InvalidInputException", "Command.ScriptLocation must be an S3 path of the script"
        )


def install(context: Context) -> None:
    """Plug the operations in."""
    runs = Runs(context)
    jobs = Jobs(runs)
    context.on_start(runs.settle)
    add = functools.partial(context.operation, "glue")
    add("CreateJob", jobs.create)
    add("GetJob", jobs.get)
    add("GetJobs", jobs.get_all)
    add("UpdateJob", jobs.update)
    add("DeleteJob", jobs.delete)
    add("StartJobRun", jobs.start_run)
    add("GetJobRun", jobs.get_run)
    add("GetJobRuns", jobs.get_runs)
    add("BatchStopJobRun", jobs.stop_runs)
