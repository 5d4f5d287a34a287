"""Buckets: what they accept, refuse and remember."""

import re
from datetime import UTC, datetime
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.environment import PROJECT
from sandbox.gcp.errors import ApiError
from sandbox.gcp.paging import page
from sandbox.gcp.storage.refusals import (
    check_conditions,
    condition_not_met,
    conflict,
    forbidden,
    invalid,
    no_bucket,
)
from sandbox.gcp.storage.table import ObjectTable
from sandbox.router import Request, Response
from sandbox.store import Record

COLLECTION = "buckets"
DEFAULT_SOFT_DELETE = 7 * 24 * 3600
SETTABLE = {
    "acl", "autoclass", "billing", "cors", "customPlacementConfig", "defaultEventBasedHold",
    "defaultObjectAcl", "encryption", "hierarchicalNamespace", "iamConfiguration", "ipFilter",
    "labels", "lifecycle", "location", "logging", "name", "objectRetention", "retentionPolicy",
    "rpo", "softDeletePolicy", "storageClass", "versioning", "website",
}  # fmt: skip
# Clients send a whole resource back on update; what only the service sets is ignored.
READ_ONLY = {
    "etag", "generation", "id", "kind", "locationType", "metageneration", "owner",
    "projectNumber", "satisfiesPZI", "satisfiesPZS", "selfLink", "timeCreated", "updated",
    "softDeleteTime", "hardDeleteTime",
}  # fmt: skip
IMMUTABLE = ("location", "name", "customPlacementConfig", "hierarchicalNamespace")
STORAGE_CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL")
MULTI_REGIONS = ("US", "EU", "ASIA")
DUAL_REGIONS = ("NAM4", "EUR4", "ASIA1", "EUR5", "EUR7", "EUR8")
LIFECYCLE_ACTIONS = ("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_LABEL = re.compile(r"[\w-]{0,63}")


def merge(target: Record, patch: Record) -> None:
    """Apply a JSON merge patch: ``null`` removes."""
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        elif isinstance(value, dict):
            target[name] = {}
            merge(target[name], value)
        else:
            target[name] = value


class Buckets:
    """Answers the bucket methods; objects ask it for their bucket."""

    def __init__(self, context: Context, objects: ObjectTable) -> None:
        self.context = context
        self.store = context.store
        self.objects = objects
        base = "/storage/v1/b"
        context.route("POST", base, self._insert)
        context.route("GET", base, self._list)
        context.route("GET", f"{base}/{{bucket*}}", self._get)
        context.route("PATCH", f"{base}/{{bucket*}}", self._patch)
        context.route("PUT", f"{base}/{{bucket*}}", self._update)
        context.route("DELETE", f"{base}/{{bucket*}}", self._delete)
        context.route("POST", f"{base}/{{bucket*}}/lockRetentionPolicy", self._lock)
        context.route("GET", "/storage/v1/projects/{project}/serviceAccount", self._agent)
        context.route("GET", "/storage/v1/b/{bucket*}/storageLayout", self._layout)
        context.every(300, "gcs-soft-delete", objects.purge_expired)

    def find(self, request: Request, variable: str = "bucket") -> Record:
        """The bucket a request names.

        Raises:
            ApiError: there is none.
        """
        record = self.store.get(COLLECTION, request.variables[variable])
        if record is None:
            raise no_bucket()
        return record

    def agent(self, number: str) -> str:
        """The service agent that encrypts with a project's keys."""
        return f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"

    def check_key(self, record: Record) -> None:
        """Refuse a key that is not there, or that the service agent may not use."""
        from sandbox.gcp.recorded.kms import refuse_key

        key = record.get("encryption", {}).get("defaultKmsKeyName")
        if key:
            problem = refuse_key(self.context, key, self.agent(record["projectNumber"]))
            if problem:
                raise forbidden(
                    "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage "
                    f"service account has been authorized to use this key. ({problem})"
                )

    def _resource(self, record: Record) -> Record:
        link = f"{self.context.url}/storage/v1/b/{record['name']}"
        etag = f"CAE{record['metageneration']}"
        shown = {key: value for key, value in record.items() if not key.startswith("_")}
        return {**shown, "selfLink": link, "etag": etag, "id": record["name"]}

    def _insert(self, request: Request) -> Record:
        given = _checked(request.json())
        name = str(given.get("name", ""))
        if not _NAME.fullmatch(name) or ".." in name or name.startswith("goog"):
            raise invalid(f"Invalid bucket name: '{name}'")
        location = str(given.get("location", "US")).upper()
        moment = now()
        record: Record = {
            "softDeletePolicy": {"retentionDurationSeconds": str(DEFAULT_SOFT_DELETE)},
            **given,
            "kind": "storage#bucket",
            "projectNumber": self.context.number(request.query.get("project") or PROJECT),
            "location": location,
            "locationType": _location_type(location),
            "storageClass": given.get("storageClass", "STANDARD"),
            "metageneration": "1",
            "generation": str(self.objects.new_generation()),
            "timeCreated": moment,
            "updated": moment,
        }
        if request.flag("enableObjectRetention"):
            record["objectRetention"] = {"mode": "Enabled"}
        _complete(record, {}, moment)
        with self.store.transaction():
            if self.store.get(COLLECTION, name) is not None:
                raise conflict(
                    "Your previous request to create the named bucket succeeded and you already "
                    "own it."
                )
            self._check_references(record)
            self.store.put(COLLECTION, name, record)
        return self._resource(record)

    def _check_references(self, record: Record) -> None:
        self.check_key(record)
        target = record.get("logging", {}).get("logBucket")
        if target and target != record["name"] and self.store.get(COLLECTION, target) is None:
            raise ApiError(
                "NOT_FOUND", f"The specified log bucket {target} does not exist.", reason="notFound"
            )

    def _list(self, request: Request) -> Record:
        number = self.context.number(request.query.get("project") or PROJECT)
        prefix = request.query.get("prefix", "")
        found = [
            self._resource(record)
            for _, record in self.store.find(COLLECTION, prefix)
            if record["projectNumber"] == number
        ]
        return {"kind": "storage#buckets", **page(request, "items", found, default=1000)}

    def _get(self, request: Request) -> Record:
        record = self.find(request)
        check_conditions(request, record)
        return self._resource(record)

    def _patch(self, request: Request) -> Record:
        return self._change(request, request.json(), replace=False)

    def _update(self, request: Request) -> Record:
        return self._change(request, request.json(), replace=True)

    def _change(self, request: Request, given: Record, *, replace: bool) -> Record:
        given = _checked(given)
        with self.store.transaction():
            record = self.find(request)
            check_conditions(request, record)
            before = {key: record[key] for key in record if key in SETTABLE}
            for name in IMMUTABLE:
                if name in given and given[name] not in (None, before.get(name)):
                    if name == "location" and str(given[name]).upper() == record["location"]:
                        continue
                    raise invalid(f"The {name} of a bucket cannot be changed.")
            if replace:
                for name in SETTABLE - set(IMMUTABLE) - {"storageClass", "softDeletePolicy"}:
                    record.pop(name, None)
            merge(record, {key: item for key, item in given.items() if key not in IMMUTABLE})
            moment = now()
            _complete(record, before, moment)
            self._check_references(record)
            record["metageneration"] = str(int(record["metageneration"]) + 1)
            record["updated"] = moment
            self.store.put(COLLECTION, record["name"], record)
        return self._resource(record)

    def _delete(self, request: Request) -> Response:
        with self.store.transaction():
            record = self.find(request)
            check_conditions(request, record)
            if not self.objects.is_empty(record["name"]):
                raise conflict("The bucket you tried to delete is not empty.")
            self.store.delete(COLLECTION, record["name"])
        self.objects.forget_bucket(record["name"])
        return Response(status=204)

    def _lock(self, request: Request) -> Record:
        with self.store.transaction():
            record = self.find(request)
            if "ifMetagenerationMatch" not in request.query:
                raise invalid("Required parameter: ifMetagenerationMatch")
            check_conditions(request, record)
            if "retentionPolicy" not in record:
                raise invalid("The bucket has no retention policy to lock.")
            record["retentionPolicy"]["isLocked"] = True
            record["metageneration"] = str(int(record["metageneration"]) + 1)
            record["updated"] = now()
            self.store.put(COLLECTION, record["name"], record)
        return self._resource(record)

    def _agent(self, request: Request) -> Record:
        number = self.context.number(request.variables["project"])
        return {"kind": "storage#serviceAccount", "email_address": self.agent(number)}

    def _layout(self, request: Request) -> Record:
        record = self.find(request)
        return {
            "kind": "storage#storageLayout",
            "bucket": record["name"],
            "location": record["location"],
            "locationType": record["locationType"],
            "hierarchicalNamespace": record.get("hierarchicalNamespace", {"enabled": False}),
        }


def _checked(given: Record) -> Record:
    unknown = set(given) - SETTABLE - READ_ONLY
    if unknown:
        raise invalid(f'Invalid JSON payload received. Unknown name "{min(unknown)}"')
    if str(given.get("storageClass") or "STANDARD") not in STORAGE_CLASSES:
        raise invalid(f"Invalid storage class: {given['storageClass']!r}")
    for key, text in (given.get("labels") or {}).items():
        if not _LABEL.fullmatch(key) or not _LABEL.fullmatch(str(text or "")) or key.lower() != key:
            raise invalid(f"Invalid label: {key!r}={text!r}")
    for rule in (given.get("lifecycle") or {}).get("rule") or []:
        if rule.get("action", {}).get("type") not in LIFECYCLE_ACTIONS or not rule.get("condition"):
            raise invalid("A lifecycle rule needs an action of a known type and a condition.")
    return {key: value for key, value in given.items() if key in SETTABLE}


def _location_type(location: str) -> str:
    if location in MULTI_REGIONS:
        return "multi-region"
    return "dual-region" if location in DUAL_REGIONS else "region"


def _complete(record: Record, before: Record, moment: str) -> None:
    """Fill in what the service adds, and refuse what it does not allow to change."""
    access = record.setdefault("iamConfiguration", {})
    uniform = access.setdefault("uniformBucketLevelAccess", {"enabled": False})
    # An older name of the same setting; clients may still look for it.
    access["bucketPolicyOnly"] = dict(uniform)
    prevention = access.setdefault("publicAccessPrevention", "inherited")
    if prevention not in ("inherited", "enforced", "unspecified"):
        raise invalid(f"Invalid publicAccessPrevention: {prevention!r}")
    if prevention == "unspecified":
        access["publicAccessPrevention"] = "inherited"
    _complete_soft_delete(record, before, moment)
    _complete_retention(record, before, moment)
    encryption = record.get("encryption")
    if encryption is not None and not encryption.get("defaultKmsKeyName"):
        record.pop("encryption")
    if record["locationType"] != "region":
        record.setdefault("rpo", "DEFAULT")


def _complete_soft_delete(record: Record, before: Record, moment: str) -> None:
    policy = record.setdefault("softDeletePolicy", {"retentionDurationSeconds": "0"})
    seconds = _seconds(policy.get("retentionDurationSeconds", 0))
    if seconds and not DEFAULT_SOFT_DELETE <= seconds <= 90 * 24 * 3600:
        raise invalid("Soft delete keeps objects for 0 seconds, or for 7 to 90 days.")
    policy["retentionDurationSeconds"] = str(seconds)
    if policy != before.get("softDeletePolicy") or "effectiveTime" not in policy:
        policy["effectiveTime"] = moment


def _complete_retention(record: Record, before: Record, moment: str) -> None:
    policy, old = record.get("retentionPolicy"), before.get("retentionPolicy")
    if policy is not None:
        seconds = _seconds(policy.get("retentionPeriod", 0))
        if not 1 <= seconds <= 3155760000:
            raise invalid("retentionPeriod must be between 1 second and 100 years.")
        if record.get("versioning", {}).get("enabled"):
            raise condition_not_met(
                "Retention policies and object versioning cannot be used together."
            )
        policy["retentionPeriod"] = str(seconds)
        policy["isLocked"] = bool(old and old.get("isLocked"))
        if old is None or old.get("retentionPeriod") != policy["retentionPeriod"]:
            policy["effectiveTime"] = moment
    if old and old.get("isLocked"):
        shorter = policy is None or int(policy["retentionPeriod"]) < int(old["retentionPeriod"])
        if shorter:
            raise forbidden(
                "Cannot remove or reduce the retention period of a locked Retention Policy for "
                f"bucket '{record['name']}'."
            )


def _seconds(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise invalid(f"Invalid number of seconds: {value!r}") from error


def retained_until(bucket: Record, value: Record) -> str | None:
    """Until when an object may not be deleted or replaced, if it may not now."""
    if value.get("temporaryHold") or value.get("eventBasedHold"):
        return "its hold is released"
    policy = bucket.get("retentionPolicy")
    if policy is None:
        return None
    created = datetime.fromisoformat(value["timeCreated"]).timestamp()
    end = created + int(policy["retentionPeriod"])
    text = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return text if text > now() else None
