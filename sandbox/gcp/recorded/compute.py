"""Compute Engine's networks: recorded, with the order in which they can be deleted."""

import re
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import ApiError
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import page
from sandbox.router import Request
from sandbox.store import Record

# Collection to the singular that ``kind`` has.
GLOBAL = {"networks": "network", "firewalls": "firewall", "addresses": "address"}
REGIONAL = {"subnetworks": "subnetwork", "routers": "router", "addresses": "address"}
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
OPERATIONS = "compute-operations"


def _error(code: str, message: str, reason: str) -> ApiError:
    return ApiError(code, message, reason=reason)


class _Resources:
    """One collection, global or of a region."""

    def __init__(self, context: Context, collection: str, kind: str, *, regional: bool) -> None:
        self._context = context
        self._collection, self._kind, self._regional = collection, kind, regional
        scope = "regions/{region}" if regional else "global"
        base = f"/compute/v1/projects/{{project}}/{scope}/{collection}"
        context.route("POST", base, self._insert)
        context.route("GET", base, self._list)
        context.route("GET", f"{base}/{{id}}", self._get)
        context.route("PATCH", f"{base}/{{id}}", self._patch)
        context.route("PUT", f"{base}/{{id}}", self._patch)
        context.route("DELETE", f"{base}/{{id}}", self._delete)

    def _scope(self, request: Request) -> str:
        project = self._context.project_id(request.variables["project"])
        region = request.variables.get("region")
        return f"projects/{project}/" + (f"regions/{region}" if region else "global")

    def _link(self, name: str) -> str:
        return f"https://www.googleapis.com/compute/v1/{name}"

    def _find(self, request: Request) -> Record:
        name = f"{self._scope(request)}/{self._collection}/{request.variables['id']}"
        record = self._context.store.get("compute", name)
        if record is None:
            raise _error("NOT_FOUND", f"The resource '{name}' was not found", "notFound")
        return record

    def _operation(self, request: Request, kind: str, target: Record) -> Record:
        """Done at once; polled all the same by clients."""
        moment, scope = now(), self._scope(request)
        name = f"operation-{new_id()}"
        record: Record = {
            "kind": "compute#operation",
            "id": new_id(),
            "name": name,
            "operationType": kind,
            "targetLink": target["selfLink"],
            "targetId": target["id"],
            "status": "DONE",
            "progress": 100,
            "insertTime": moment,
            "startTime": moment,
            "endTime": moment,
            "selfLink": self._link(f"{scope}/operations/{name}"),
        }
        if self._regional:
            record["region"] = self._link(scope)
        self._context.store.put(OPERATIONS, f"{scope}/operations/{name}", record)
        return record

    def _insert(self, request: Request) -> Record:
        given = request.json()
        identifier = str(given.get("name", ""))
        if not _NAME.fullmatch(identifier):
            raise _error("INVALID_ARGUMENT", f"Invalid name: {identifier!r}", "invalid")
        name = f"{self._scope(request)}/{self._collection}/{identifier}"
        record: dict[str, Any] = {
            **given,
            "kind": f"compute#{self._kind}",
            "id": new_id(),
            "creationTimestamp": now(),
            "selfLink": self._link(name),
        }
        if self._regional:
            record["region"] = self._link(self._scope(request))
        with self._context.store.transaction():
            if self._context.store.get("compute", name) is not None:
                raise _error(
                    "ALREADY_EXISTS", f"The resource '{name}' already exists", "alreadyExists"
                )
            self._context.store.put("compute", name, record)
        return self._operation(request, "insert", record)

    def _list(self, request: Request) -> Record:
        prefix = f"{self._scope(request)}/{self._collection}/"
        found = [record for _, record in self._context.store.find("compute", prefix)]
        return {"kind": f"compute#{self._kind}List", **page(request, "items", found)}

    def _get(self, request: Request) -> Record:
        return self._find(request)

    def _patch(self, request: Request) -> Record:
        given = request.json()
        with self._context.store.transaction():
            record = self._find(request)
            for name in ("name", "selfLink", "id", "network"):
                given.pop(name, None)
            record.update(given)
            name = record["selfLink"].partition("/compute/v1/")[2]
            self._context.store.put("compute", name, record)
        return self._operation(request, "patch", record)

    def _delete(self, request: Request) -> Record:
        with self._context.store.transaction():
            record = self._find(request)
            name = record["selfLink"].partition("/compute/v1/")[2]
            for other, user in self._context.store.find("compute"):
                used = [str(user.get(field, "")) for field in ("network", "subnetwork")]
                if any(text.endswith(name) for text in used):
                    raise _error(
                        "INVALID_ARGUMENT",
                        f"The {self._kind} resource '{name}' is already being used by '{other}'",
                        "resourceInUseByAnotherResource",
                    )
            self._context.store.delete("compute", name)
        return self._operation(request, "delete", record)


def install(context: Context) -> None:
    """Networks and what hangs on them, global and of a region."""
    for collection, kind in GLOBAL.items():
        _Resources(context, collection, kind, regional=False)
    for collection, kind in REGIONAL.items():
        _Resources(context, collection, kind, regional=True)

    def operation(request: Request) -> Record:
        project = context.project_id(request.variables["project"])
        region = request.variables.get("region")
        scope = f"regions/{region}" if region else "global"
        name = f"projects/{project}/{scope}/operations/{request.variables['operation']}"
        record = context.store.get(OPERATIONS, name)
        if record is None:
            raise _error("NOT_FOUND", f"The resource '{name}' was not found", "notFound")
        return record

    for scope in ("global", "regions/{region}"):
        base = f"/compute/v1/projects/{{project}}/{scope}/operations/{{operation}}"
        context.route("GET", base, operation)
        context.route("POST", f"{base}/wait", operation)
