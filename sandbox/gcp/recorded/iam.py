"""IAM: service accounts and custom roles. Nobody is kept out by a missing role."""

import re
from typing import Any

from sandbox.gcp.context import Context
from sandbox.gcp.errors import already_exists, invalid, not_found
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import page
from sandbox.gcp.recorded import policies
from sandbox.gcp.recorded.collection import Collection, visible
from sandbox.router import Request
from sandbox.store import Record

ACCOUNTS = "service-accounts"
_ACCOUNT_ID = re.compile(r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])")


def account_exists(context: Context, email: str) -> bool:
    """Whether a service account was made here."""
    return context.store.get(ACCOUNTS, email) is not None


class _Accounts:
    def __init__(self, context: Context) -> None:
        self._context, self._store = context, context.store
        base = "/v1/projects/{project}/serviceAccounts"
        context.route("POST", base, self._create)
        context.route("GET", base, self._list)
        context.route("GET", f"{base}/{{id}}", self._get)
        context.route("PATCH", f"{base}/{{id}}", self._patch)
        context.route("PUT", f"{base}/{{id}}", self._patch)
        context.route("DELETE", f"{base}/{{id}}", self._delete)
        context.route("POST", f"{base}/{{id}}:enable", lambda r: self._disable(r, on=True))
        context.route("POST", f"{base}/{{id}}:disable", lambda r: self._disable(r, on=False))
        context.route("GET", f"{base}/{{id}}/keys", self._keys)
        policies.routes(context, f"{base}/{{id}}", self.find)

    def find(self, request: Request) -> Record:
        """By e-mail address or unique id, the project may be ``-``."""
        wanted = request.variables["id"]
        record = self._store.get(ACCOUNTS, wanted)
        if record is None and wanted.isdigit():
            found = [item for _, item in self._store.find(ACCOUNTS) if item["uniqueId"] == wanted]
            record = found[0] if found else None
        if record is None:
            raise not_found(f"Unknown service account: {wanted}")
        return record

    def _create(self, request: Request) -> Record:
        given = request.json()
        identifier = str(given.get("accountId", ""))
        if not _ACCOUNT_ID.fullmatch(identifier):
            raise invalid(
                f"Account ID {identifier!r} must be 6 to 30 lower-case letters, digits and hyphens."
            )
        project = self._context.project_id(request.variables["project"])
        self._context.number(project)
        email = f"{identifier}@{project}.iam.gserviceaccount.com"
        record = {
            **_settable(given.get("serviceAccount", {})),
            "name": f"projects/{project}/serviceAccounts/{email}",
            "projectId": project,
            "uniqueId": f"1{new_id()}0"[:21],
            "email": email,
            "oauth2ClientId": f"1{new_id()}0"[:21],
            "etag": "MDEwMjE5MjA=",
        }
        with self._store.transaction():
            if account_exists(self._context, email):
                raise already_exists(f"Service account {identifier}")
            self._store.put(ACCOUNTS, email, record)
        return record

    def _list(self, request: Request) -> Record:
        project = self._context.project_id(request.variables["project"])
        found = [item for _, item in self._store.find(ACCOUNTS) if item["projectId"] == project]
        return page(request, "accounts", found)

    def _get(self, request: Request) -> Record:
        return self.find(request)

    def _patch(self, request: Request) -> Record:
        given = request.json()
        with self._store.transaction():
            record = self.find(request)
            record.update(_settable(given.get("serviceAccount", given)))
            self._store.put(ACCOUNTS, record["email"], record)
        return record

    def _delete(self, request: Request) -> Record:
        record = self.find(request)
        self._store.delete(ACCOUNTS, record["email"])
        self._store.delete(policies.COLLECTION, record["name"])
        return {}

    def _disable(self, request: Request, *, on: bool) -> Record:
        with self._store.transaction():
            record = self.find(request)
            record.pop("disabled", None)
            if not on:
                record["disabled"] = True
            self._store.put(ACCOUNTS, record["email"], record)
        return {}

    def _keys(self, request: Request) -> Record:
        """Keys are never made here: jobs and CI have better ways to prove who they are."""
        self.find(request)
        return {"keys": []}


def _settable(given: Record) -> dict[str, Any]:
    return {key: given[key] for key in ("displayName", "description") if key in given}


class _Roles(Collection):
    def create(self, request: Request) -> Record:
        body = request.json()
        given = {**body.get("role", {}), "roleId": body.get("roleId", "")}
        record = self._created(request, given)
        record.pop("roleId", None)
        return visible(self.save(record))


def install(context: Context) -> None:
    """Service accounts and custom roles of a project."""
    _Accounts(context)
    _Roles(
        context=context,
        version="/v1",
        parent="projects/{project}",
        name="roles",
        id_field="roleId",
        id_pattern=r"[a-zA-Z0-9_.]{3,64}",
        times=(None, None),
    )
