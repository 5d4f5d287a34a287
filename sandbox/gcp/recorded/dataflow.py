"""Dataflow jobs: recorded. Pipelines run with a local runner, which tells this list about them."""

from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import not_found
from sandbox.gcp.paging import page
from sandbox.gcp.recorded.collection import new_uuid
from sandbox.router import Request
from sandbox.store import Record

COLLECTION = "dataflow-jobs"
ENDED = ("JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED")


class _Jobs:
    def __init__(self, context: Context) -> None:
        self._context = context
        base = "/v1b3/projects/{project}/locations/{location}/jobs"
        context.route("POST", base, self._create)
        context.route("GET", base, self._list)
        context.route("GET", f"{base}/{{job}}", self._get)
        context.route("PUT", f"{base}/{{job}}", self._update)
        context.route("GET", "/v1b3/projects/{project}/jobs", self._list)
        context.route("GET", "/v1b3/projects/{project}/jobs:aggregated", self._list)

    def _project(self, request: Request) -> str:
        return self._context.project_id(request.variables["project"])

    def _create(self, request: Request) -> Record:
        moment = now()
        record: dict[str, Any] = {
            "type": "JOB_TYPE_BATCH",
            **request.json(),
            "id": f"{moment[:19].replace('T', '_').replace(':', '_')}-{new_uuid()[:18]}",
            "projectId": self._project(request),
            "location": request.variables["location"],
            "createTime": moment,
            "currentStateTime": moment,
        }
        record.setdefault("currentState", record.pop("requestedState", "JOB_STATE_RUNNING"))
        self._context.store.put(COLLECTION, f"{record['projectId']}/{record['id']}", record)
        return record

    def _list(self, request: Request) -> Record:
        prefix = f"{self._project(request)}/"
        found = [record for _, record in self._context.store.find(COLLECTION, prefix)]
        location = request.variables.get("location")
        wanted = request.query.get("filter", "ALL")
        found = [
            record
            for record in reversed(found)
            if location in (None, record["location"])
            and (wanted != "ACTIVE" or record["currentState"] not in ENDED)
            and (wanted != "TERMINATED" or record["currentState"] in ENDED)
        ]
        return page(request, "jobs", found)

    def _get(self, request: Request) -> Record:
        name = f"{self._project(request)}/{request.variables['job']}"
        record = self._context.store.get(COLLECTION, name)
        if record is None:
            raise not_found(f"Job {request.variables['job']}")
        return record

    def _update(self, request: Request) -> Record:
        with self._context.store.transaction():
            record = self._get(request)
            given = request.json()
            state = given.get("requestedState") or given.get("currentState")
            if state and record["currentState"] not in ENDED:
                record.update(currentState=state, currentStateTime=now())
            name = f"{record['projectId']}/{record['id']}"
            self._context.store.put(COLLECTION, name, record)
        return record


def install(context: Context) -> None:
    """The methods of jobs."""
    _Jobs(context)
