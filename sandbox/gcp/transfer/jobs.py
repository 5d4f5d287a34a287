"""Transfer jobs and their operations: the REST methods."""

import json
import re
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import ApiError, already_exists, invalid, not_found, precondition
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import apply_mask, camel, page
from sandbox.gcp.transfer.agent import account, refuse_bucket
from sandbox.gcp.transfer.operation import OPERATIONS, TYPE, TransferRun
from sandbox.router import Request
from sandbox.store import Record

JOBS = "transfer-jobs"
SOURCES = ("awsS3DataSource", "gcsDataSource")
_NAME = re.compile(r"transferJobs/[\w-]{1,128}")


class TransferJobs:
    """Answers the methods of transferJobs, transferOperations and googleServiceAccounts."""

    def __init__(self, context: Context) -> None:
        self._context, self._store = context, context.store
        self._runs: dict[str, TransferRun] = {}
        route = context.route
        route("GET", "/v1/googleServiceAccounts/{project}", self._account)
        route("POST", "/v1/transferJobs", self._create)
        route("GET", "/v1/transferJobs", self._list)
        route("GET", "/v1/transferJobs/{id}", self._get)
        route("PATCH", "/v1/transferJobs/{id}", self._patch)
        route("DELETE", "/v1/transferJobs/{id}", self._delete)
        route("POST", "/v1/transferJobs/{id}:run", self._run)
        route("GET", "/v1/transferOperations", self._list_operations)
        route("GET", "/v1/transferOperations/{id}", self._get_operation)
        route("POST", "/v1/transferOperations/{id}:cancel", self._cancel)
        route("POST", "/v1/transferOperations/{id}:pause", self._pause)
        route("POST", "/v1/transferOperations/{id}:resume", self._resume)
        context.on_start(self._go_on)
        context.on_stop(self._end_all)

    def _account(self, request: Request) -> Record:
        return account(self._context, request.variables["project"])

    def _check(self, record: Record) -> None:
        """Refuse what the service refuses; the agent must be able to use the buckets already."""
        spec = record.get("transferSpec", {})
        sources = [name for name in spec if name.endswith(("DataSource", "Source"))]
        if len(sources) != 1 or sources[0] not in SOURCES:
            raise invalid(f"transferSpec needs one source, and here one of {', '.join(SOURCES)}.")
        aws = spec.get("awsS3DataSource")
        if aws is not None:
            if aws.get("awsAccessKey") or aws.get("credentialsSecret"):
                raise invalid(
                    "awsS3DataSource: long-lived AWS keys are not accepted here; use roleArn with "
                    "a role that trusts the subject id of the transfer's service agent."
                )
            if not aws.get("roleArn"):
                raise invalid("awsS3DataSource.roleArn is required.")
        if not spec.get("gcsDataSink", {}).get("bucketName"):
            raise invalid("transferSpec.gcsDataSink.bucketName is required.")
        for side in (spec[sources[0]], spec["gcsDataSink"]):
            if not side.get("bucketName"):
                raise invalid(f"{sources[0]}.bucketName is required.")
            path = side.get("path", "")
            if path and (path.startswith("/") or not path.endswith("/")):
                raise invalid(f"path {path!r} must end with '/' and not start with it.")
        options = spec.get("transferOptions", {})
        if options.get("deleteObjectsUniqueInSink") and options.get(
            "deleteObjectsFromSourceAfterTransfer"
        ):
            raise invalid(
                "deleteObjectsUniqueInSink and deleteObjectsFromSourceAfterTransfer exclude each "
                "other."
            )
        problem = refuse_bucket(
            self._context, record["projectId"], spec["gcsDataSink"]["bucketName"]
        )
        if problem:
            raise precondition(problem)

    def _create(self, request: Request) -> Record:
        given = request.json()
        if not given.get("projectId"):
            raise invalid("projectId is required.")
        name = given.get("name") or f"transferJobs/{new_id()}"
        if not _NAME.fullmatch(name):
            raise invalid(f"Invalid name of a transfer job: {name!r}.")
        moment = now()
        record: dict[str, Any] = {
            "status": "ENABLED",
            **given,
            "name": name,
            "creationTime": moment,
            "lastModificationTime": moment,
        }
        self._check(record)
        with self._store.transaction():
            if self._store.get(JOBS, name) is not None:
                raise already_exists(f"Transfer job {name}")
            self._store.put(JOBS, name, record)
        return record

    def _find(self, request: Request, project: str | None = None) -> Record:
        name = f"transferJobs/{request.variables['id']}"
        record = self._store.get(JOBS, name)
        if record is None or record["status"] == "DELETED":
            raise not_found(f"Transfer job {name}")
        if project and self._number(project) != self._number(record["projectId"]):
            raise not_found(f"Transfer job {name} of project {project}")
        return record

    def _number(self, project: str) -> str:
        return self._context.number(project)

    def _get(self, request: Request) -> Record:
        return self._find(request, request.query.get("projectId"))

    def _filter(self, request: Request) -> Record:
        try:
            value = json.loads(request.query.get("filter") or "{}")
        except ValueError as error:
            raise invalid("filter must be JSON.") from error
        if not value.get("projectId") and not value.get("project_id"):
            raise invalid("The filter needs a projectId.")
        return {camel(key): item for key, item in value.items()}

    def _list(self, request: Request) -> Record:
        chosen = self._filter(request)
        names, statuses = chosen.get("jobNames"), chosen.get("jobStatuses")
        found = [
            record
            for _, record in self._store.find(JOBS)
            if self._number(record["projectId"]) == self._number(chosen["projectId"])
            and (not names or record["name"] in names)
            and (record["status"] in statuses if statuses else record["status"] != "DELETED")
        ]
        return page(request, "transferJobs", found)

    def _patch(self, request: Request) -> Record:
        body = request.json()
        given = body.get("transferJob", {})
        text = str(body.get("updateTransferJobFieldMask", ""))
        mask = [[camel(part) for part in path.split(".")] for path in text.split(",") if path]
        allowed = ("description", "transferSpec", "notificationConfig", "loggingConfig", "status",
                   "schedule", "eventStream")  # fmt: skip
        with self._store.transaction():
            record = self._find(request, body.get("projectId"))
            paths = mask or [[key] for key in given if key in allowed]
            for path in paths:
                # Field masks may be written in snake case of the original name.
                if path[0] not in allowed:
                    raise invalid(f"Field {path[0]!r} of a transfer job cannot be updated.")
            apply_mask(record, given, paths)
            self._check(record)
            record["lastModificationTime"] = now()
            if record["status"] == "DELETED":
                record["deletionTime"] = now()
            self._store.put(JOBS, record["name"], record)
        return record

    def _delete(self, request: Request) -> Record:
        with self._store.transaction():
            record = self._find(request, request.query.get("projectId"))
            record.update(status="DELETED", deletionTime=now())
            self._store.put(JOBS, record["name"], record)
        return {}

    def _run(self, request: Request) -> Record:
        with self._store.transaction():
            record = self._find(request, request.json().get("projectId"))
            if record["status"] != "ENABLED":
                raise precondition(f"Transfer job {record['name']} is {record['status']}.")
            latest = record.get("latestOperationName")
            if latest and not (self._store.get(OPERATIONS, latest) or {"done": True})["done"]:
                raise precondition(f"Transfer job {record['name']} has an active operation.")
            name = f"transferOperations/{record['name'].replace('/', '-')}-{new_id()}"
            operation: Record = {
                "name": name,
                "metadata": {
                    "@type": TYPE,
                    "name": name,
                    "projectId": record["projectId"],
                    "transferSpec": record["transferSpec"],
                    "transferJobName": record["name"],
                    "startTime": now(),
                    "status": "QUEUED",
                    "counters": {},
                },
                "done": False,
            }
            self._store.put(OPERATIONS, name, operation)
            record["latestOperationName"] = name
            self._store.put(JOBS, record["name"], record)
        self._start(name)
        return operation

    def _start(self, name: str) -> TransferRun:
        run = TransferRun(self._context, name, self._forget)
        self._runs[name] = run
        run.start()
        return run

    def _forget(self, name: str) -> None:
        self._runs.pop(name, None)

    def _go_on(self) -> None:
        """Go on with what a stop of the sandbox interrupted; what was copied is skipped."""
        for name, record in self._store.find(OPERATIONS):
            if not record["done"]:
                run = self._start(name)
                if record["metadata"]["status"] == "PAUSED":
                    run.pause()

    def _end_all(self) -> None:
        for run in list(self._runs.values()):
            run.join()

    def _operation(self, request: Request) -> Record:
        name = f"transferOperations/{request.variables['id']}"
        record = self._store.get(OPERATIONS, name)
        if record is None:
            raise not_found(f"Operation {name}")
        return record

    def _get_operation(self, request: Request) -> Record:
        return self._operation(request)

    def _list_operations(self, request: Request) -> Record:
        chosen = self._filter(request)
        names, statuses = chosen.get("jobNames"), chosen.get("transferStatuses")
        found = [
            record
            for _, record in self._store.find(OPERATIONS)
            if self._number(record["metadata"]["projectId"]) == self._number(chosen["projectId"])
            and (not names or record["metadata"]["transferJobName"] in names)
            and (not statuses or record["metadata"]["status"] in statuses)
        ]
        found.sort(key=lambda record: str(record["metadata"]["startTime"]), reverse=True)
        return page(request, "operations", found)

    def _active(self, request: Request) -> TransferRun:
        record = self._operation(request)
        run = self._runs.get(record["name"])
        if record["done"] or run is None:
            raise ApiError("FAILED_PRECONDITION", f"Operation {record['name']} is done.")
        return run

    def _cancel(self, request: Request) -> Record:
        self._active(request).cancel()
        return {}

    def _pause(self, request: Request) -> Record:
        self._active(request).pause()
        return {}

    def _resume(self, request: Request) -> Record:
        self._active(request).resume()
        return {}
