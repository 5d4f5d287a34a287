"""Workload identity pools and providers: recorded, deleted softly as in the cloud."""

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import invalid, precondition
from sandbox.gcp.recorded.collection import Collection
from sandbox.router import Handler, Request
from sandbox.store import Record

POOL = "projects/{project}/locations/{location}/workloadIdentityPools"
ID = r"[a-z0-9-]{4,32}"


class _SoftDeleted(Collection):
    """A deleted resource keeps its name for 30 days; undelete brings it back."""

    def all(self, request: Request) -> list[Record]:
        shown = request.flag("showDeleted")
        return [item for item in super().all(request) if shown or item["state"] != "DELETED"]

    def delete(self, request: Request) -> Record:
        with self.context.store.transaction():
            record = self.find(request)
            if record["state"] == "DELETED":
                raise precondition(f"{record['name']} is already deleted.")
            record.update(state="DELETED", expireTime=now())
            self.save(record)
        return self._answer(request, record)

    def undelete(self, record: Record, request: Request) -> Record:
        if record["state"] != "DELETED":
            raise precondition(f"{record['name']} is not deleted.")
        record["state"] = "ACTIVE"
        record.pop("expireTime", None)
        return self._answer(request, self.save(record))

    def _operations(self, request: Request, record: Record) -> str:
        return f"{record['name']}/operations"


def _active(record: Record, _: Request) -> None:
    record["state"] = "ACTIVE"


def _one_kind(_: Record | None, new: Record) -> None:
    kinds = [kind for kind in ("aws", "oidc", "saml", "x509") if kind in new]
    if len(kinds) != 1:
        raise invalid("A provider needs exactly one of aws, oidc, saml, x509.")
    if kinds == ["oidc"] and not str(new["oidc"].get("issuerUri", "")).startswith("https://"):
        raise invalid("The issuer URI of an OIDC provider must start with https://.")
    if kinds != ["aws"] and "google.subject" not in new.get("attributeMapping", {}):
        raise invalid("The attribute mapping must map google.subject.")


def install(context: Context) -> None:
    """Pools and their providers."""
    collections = [
        _SoftDeleted(
            context=context,
            version="/v1",
            parent=POOL.rpartition("/")[0],
            name="workloadIdentityPools",
            id_parameter="workloadIdentityPoolId",
            id_pattern=ID,
            complete=_active,
            operation="google.iam.v1.WorkloadIdentityPool",
            times=(None, None),
            by_number=True,
        ),
        _SoftDeleted(
            context=context,
            version="/v1",
            parent=f"{POOL}/{{pool}}",
            name="providers",
            items="workloadIdentityPoolProviders",
            id_parameter="workloadIdentityPoolProviderId",
            id_pattern=ID,
            complete=_active,
            check=_one_kind,
            operation="google.iam.v1.WorkloadIdentityPoolProvider",
            times=(None, None),
            by_number=True,
        ),
    ]
    for collection in collections:
        base = f"/v1/{collection.parent}/{collection.name}/{{id}}"
        context.route("POST", f"{base}:undelete", _undelete(collection))
        context.route("GET", f"{base}/operations/{{operation}}", context.operations.find)


def _undelete(collection: _SoftDeleted) -> Handler:
    return lambda request: collection.undelete(collection.find(request), request)
