"""``workspaces/jobs``: command, sweep and AutoML jobs that really run."""

import logging
import shutil
import threading
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Protocol

from sandbox.azure.context import Context, now
from sandbox.azure.errors import ApiError, bad_request, conflict
from sandbox.azure.images import runtime
from sandbox.azure.ml.automl_run import AutoMLRun
from sandbox.azure.ml.automl_run import check as check_automl
from sandbox.azure.ml.command_run import CommandRun, JobTimeoutError, environment_image
from sandbox.azure.ml.durations import seconds_of
from sandbox.azure.ml.places import Places, workspace_of
from sandbox.azure.ml.runs import Runs
from sandbox.azure.ml.sweep_run import SweepRun
from sandbox.azure.ml.sweep_run import check as check_sweep
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.azure.types.machine_learning import WORKSPACES
from sandbox.errors import JobError
from sandbox.jobs import Job
from sandbox.store import Record
from sandbox.wire import Response

TYPE: Final = f"{WORKSPACES}/jobs"
FINAL: Final = frozenset({"Completed", "Failed", "Canceled"})
STOPPED: Final = "the sandbox was stopped while the job ran"
# What may change of a job that exists.
_LABELS: Final = frozenset({"description", "displayName", "isArchived", "properties", "tags"})
_TOLD: Final = frozenset({"status", "services", "parameters"})

log = logging.getLogger(__name__)


class Search(Protocol):
    """A job with trials, under way."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def join(self) -> None: ...


class Jobs(ResourceType):
    """Jobs; those of a sweep's trials are jobs as well."""

    type: ClassVar[str] = TYPE
    behaviour = "behaves"
    name = (r"[a-zA-Z0-9][\w-]{0,254}", "1 to 255 letters, digits, _ and -")
    provisions = False
    patchable = False
    long_running = frozenset({"DELETE"})
    required = ("properties.jobType",)
    allowed: ClassVar[Mapping[str, frozenset[str]]] = {
        "properties.jobType": frozenset({"Command", "Sweep", "AutoML"}),
        "properties.objective.goal": frozenset({"Maximize", "Minimize"}),
    }
    defaults: ClassVar[Mapping[str, Any]] = {
        "properties.experimentName": "Default",
        "properties.isArchived": False,
    }
    actions: ClassVar[Mapping[str, str]] = {"cancel": "cancel"}

    def __init__(self, context: Context, runs: Runs) -> None:
        super().__init__(context)
        self.runs = runs
        self._searches: dict[str, Search] = {}
        self._lock = threading.Lock()
        context.on_stop(self._stop_searches)

    # Writing.

    def check(self, call: Call) -> None:
        if call.old is not None:
            before, after = _content(call.old), _content(call.new)
            if {**before, **after} != before:
                changed = sorted(key for key in after if before.get(key) != after[key])
                raise conflict(
                    f"Job '{call.id.name}' exists and its {', '.join(changed)} cannot change.",
                    "UserError",
                )
            return
        self.check_properties(call.properties)

    def check_properties(self, properties: Mapping[str, Any]) -> None:
        """Refuse what cannot be a new job.

        Raises:
            ApiError: says why.
        """
        try:
            {"Command": self._check_command, "Sweep": check_sweep, "AutoML": check_automl}[
                properties["jobType"]
            ](properties)
            if properties["jobType"] == "Sweep":
                self._check_command({**properties["trial"], "limits": {}})
        except (JobError, ValueError) as error:
            raise bad_request(f"{error}.", "UserError") from None
        compute = properties.get("computeId")
        if compute and self.context.resources.get(str(compute)) is None:
            raise bad_request(f"Unknown compute target '{compute}'.", "UserError")

    def _check_command(self, properties: Mapping[str, Any]) -> None:
        for name in ("command", "environmentId"):
            if not properties.get(name):
                raise JobError(f"the property '{name}' is required")
        runtime(environment_image(self.context, str(properties["environmentId"])))
        seconds_of((properties.get("limits") or {}).get("timeout"))

    def complete(self, call: Call) -> None:
        properties = call.properties
        if call.old is not None:
            for name in _content(call.old).keys() | _TOLD:
                if name in call.old["properties"]:
                    properties.setdefault(name, call.old["properties"][name])
            call.new.update(
                {k: v for k, v in call.old.items() if k.startswith("_") and k != "_etag"}
            )
            return
        workspace = workspace_of(self.context, str(call.id))
        properties.setdefault("displayName", call.id.name)
        properties.setdefault("properties", {})
        properties["status"] = "NotStarted"
        self._tell_places(call.id.name, workspace, properties)

    def _tell_places(self, name: str, workspace: Record, properties: dict[str, Any]) -> None:
        tracking = f"azureml://{self.context.address}/mlflow/v1.0{workspace['id']}?"
        properties["services"] = {
            "Tracking": {"jobServiceType": "Tracking", "endpoint": tracking},
            "Studio": {
                "jobServiceType": "Studio",
                "endpoint": f"https://ml.azure.com/runs/{name}?wsid={workspace['id']}",
            },
        }
        outputs = properties.setdefault("outputs", {}) or {}
        store = f"azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.{name}"
        outputs.setdefault("default", {"jobOutputType": "uri_folder", "uri": store})
        properties["outputs"] = outputs

    def stored(self, call: Call) -> None:
        if call.old is None:
            self.launch(call.new)

    # Running.

    def launch(self, record: Record) -> None:
        """Start a new job."""
        properties = record["properties"]
        self.runs.begin(record["id"], experiment=properties["experimentName"])
        search: Search | None = None
        if properties["jobType"] == "Sweep":
            search = SweepRun(self, record)
        elif properties["jobType"] == "AutoML":
            search = AutoMLRun(self, record)
        if search is None:
            self.submit(record)
            return
        with self._lock:
            self._searches[record["id"].lower()] = search
        search.start()

    def submit(self, record: Record) -> Job:
        """Queue a command job or a trial."""
        self.set_status(record["id"], "Queued")
        return self.context.jobs.submit(
            self.kind(record), record["name"], lambda job: self._work(record, job)
        )

    def kind(self, record: Record) -> str:
        """The kind under which the runner knows the jobs of a workspace."""
        workspace = workspace_of(self.context, record["id"])
        return f"azureml-{workspace['name']}-{workspace['properties']['workspaceId'][:8]}"

    def start_job(self, workspace: str, name: str, properties: dict[str, Any]) -> None:
        """Start a job that no request asks for, such as a schedule's."""
        self.launch(self._kept(workspace, name, properties))

    def new_trial(self, parent: Record, number: str, properties: dict[str, Any]) -> Record:
        """Keep the job of a trial; it is not started."""
        workspace = str(parent["id"]).rpartition("/jobs/")[0]
        experiment = parent["properties"]["experimentName"]
        given = {**properties, "experimentName": experiment}
        record = self._kept(
            workspace, f"{parent['name']}_{number}", given, _parent=str(parent["name"])
        )
        self.runs.begin(record["id"], experiment=experiment, parent=parent["name"])
        return record

    def _kept(self, workspace: str, name: str, properties: dict[str, Any], **own: str) -> Record:
        record: Record = {
            "id": f"{workspace}/jobs/{name}",
            "name": name,
            "type": TYPE,
            **own,
            "properties": {
                "displayName": name,
                "experimentName": "Default",
                "isArchived": False,
                "properties": {},
                **properties,
                "status": "NotStarted",
            },
        }
        self._tell_places(name, self.context.resources.require(workspace), record["properties"])
        self.context.resources.put(record)
        return record

    def _work(self, record: Record, job: Job) -> None:
        workspace = workspace_of(self.context, record["id"])
        run = CommandRun(
            context=self.context,
            places=Places(self.context, workspace),
            workspace=workspace,
            name=record["name"],
            spec=_without_default(record["properties"]),
            parameters=record["properties"].get("parameters") or {},
            parent=record.get("_parent", ""),
            on_state=lambda status: self.set_status(record["id"], status),
        )
        status, error = "Completed", ""
        try:
            if not job.stop_requested.is_set():
                run(job)
        except JobTimeoutError as problem:
            status, error = "Canceled", str(problem)
        except JobError as problem:
            status, error = "Failed", str(problem)
        except Exception as problem:
            log.exception("job %s", record["name"])
            status, error = "Failed", f"the sandbox failed: {problem!r}"
        if job.interrupted:
            status, error = "Failed", STOPPED
        elif job.stop_requested.is_set() and not error:
            status = "Canceled"
        self.end(record["id"], status, error)

    def set_status(self, identifier: str, status: str) -> None:
        """Note how far a job is; a wish to cancel stays visible until its end."""
        try:
            with self.context.resources.change(identifier) as record:
                properties = record["properties"]
                if properties["status"] in FINAL or (
                    properties["status"] == "CancelRequested" and status not in FINAL
                ):
                    return
                properties["status"] = status
        except KeyError:
            pass  # deleted while it ran

    def end(self, identifier: str, status: str, error: str = "", **properties: str) -> None:
        """Note how a job ended; ``properties`` are added to its own."""
        try:
            with self.context.resources.change(identifier) as record:
                record["properties"]["status"] = status
                record["properties"]["properties"].update(properties)
                record["_ended"] = now()
                if error:
                    code = "SystemError" if status == "Failed" and error == STOPPED else "UserError"
                    record["_error"] = {"code": code, "message": error}
        except KeyError:
            return
        with self._lock:
            self._searches.pop(identifier.lower(), None)

    def cancel(self, call: Call) -> Response:
        """End a job that runs or waits."""
        if call.old is None:
            raise ApiError(404, "UserError", f"Job '{call.id.name}' was not found.")
        if call.old["properties"]["status"] in FINAL:
            return Response(200)
        self.set_status(call.old["id"], "CancelRequested")
        self._stop(call.old)
        return Response(202)

    def _stop(self, record: Record) -> None:
        with self._lock:
            search = self._searches.get(record["id"].lower())
        if search is not None:
            search.stop()
            return
        job = self.context.jobs.find(self.kind(record), record["name"])
        if job is not None:
            job.stop(grace=5)

    # Reading and deleting.

    def listing(self, call: Call, records: list[Record]) -> list[Record]:
        wanted = call.request.query.get("jobType")
        return [
            record
            for record in records
            if not record.get("_parent")
            and (wanted is None or record["properties"]["jobType"] == wanted)
        ]

    def check_deletion(self, call: Call) -> None:
        assert call.old is not None
        status = call.old["properties"]["status"]
        if status not in FINAL:
            raise conflict(
                f"Job '{call.id.name}' is {status}: cancel it and wait for its end before it is "
                "deleted.",
                "UserError",
            )

    def erase(self, record: Record) -> None:
        self._stop(record)
        for child in self.context.resources.of_type(TYPE, record["id"].rpartition("/jobs/")[0]):
            if child.get("_parent") == record["name"]:
                self.runs.drop(child["id"])
                self.context.resources.drop(child["id"])
        self.runs.drop(record["id"])
        try:
            kind = self.kind(record)
        except ApiError:
            return  # the workspace is gone; its jobs' logs go with the state directory
        shutil.rmtree(self.context.jobs.directory / kind / record["name"], ignore_errors=True)

    def restored(self, record: Record) -> None:
        if record["properties"]["status"] not in FINAL:
            self.end(record["id"], "Failed", STOPPED)

    def _stop_searches(self) -> None:
        with self._lock:
            searches = list(self._searches.values())
        for search in searches:
            search.stop()
        for search in searches:
            search.join()


def _content(record: Record) -> dict[str, Any]:
    """What makes a job: not its labels, nor what the service tells."""
    kept = record["properties"].items()
    content = {key: value for key, value in kept if key not in _LABELS | _TOLD}
    outputs = content.get("outputs")
    if outputs:
        content["outputs"] = {key: value for key, value in outputs.items() if key != "default"}
    return content


def _without_default(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Without the output that is the run's own folder, which every job has."""
    outputs = properties.get("outputs") or {}
    own = {
        name: given
        for name, given in outputs.items()
        if not (name == "default" and "ExperimentRun/" in str(given.get("uri")))
    }
    return {**properties, "outputs": own}
