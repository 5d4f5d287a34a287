"""IAM policies of buckets."""

import hashlib
import json

from sandbox.gcp.context import Context
from sandbox.gcp.recorded.policies import check_member
from sandbox.gcp.storage.buckets import Buckets
from sandbox.gcp.storage.refusals import condition_not_met, invalid
from sandbox.router import Request
from sandbox.store import Record

PUBLIC = {"allUsers", "allAuthenticatedUsers"}


def _default(project: str) -> Record:
    bindings = [
        ("roles/storage.legacyBucketOwner", ["projectEditor", "projectOwner"]),
        ("roles/storage.legacyBucketReader", ["projectViewer"]),
    ]
    return {
        "bindings": [
            {"role": role, "members": [f"{kind}:{project}" for kind in kinds]}
            for role, kinds in bindings
        ]
    }


def _etag(policy: Record) -> str:
    text = json.dumps(policy.get("bindings", []), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class _Policies:
    def __init__(self, context: Context, buckets: Buckets) -> None:
        self._context, self._buckets = context, buckets

    def _policy(self, bucket: Record) -> Record:
        policy = bucket.get("_policy")
        if policy is None:
            policy = _default(self._context.project_id(bucket["projectNumber"]))
        return {
            "version": 1,
            **policy,
            "kind": "storage#policy",
            "resourceId": f"projects/_/buckets/{bucket['name']}",
            "etag": _etag(policy),
        }

    def get(self, request: Request) -> Record:
        return self._policy(self._buckets.find(request))

    def set(self, request: Request) -> Record:
        given = request.json()
        with self._context.store.transaction():
            bucket = self._buckets.find(request)
            if given.get("etag") and given["etag"] != self._policy(bucket)["etag"]:
                raise condition_not_met("The policy was changed by another request.")
            enforced = bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
            for binding in given.get("bindings", []):
                if not str(binding.get("role", "")).startswith(
                    ("roles/", "projects/", "organizations/")
                ):
                    raise invalid(f"Role {binding.get('role')!r} is not valid.")
                for member in binding.get("members", []):
                    check_member(self._context, member)
                if enforced and PUBLIC & set(binding.get("members", [])):
                    raise condition_not_met(
                        "The member bindings allUsers and allAuthenticatedUsers are not allowed "
                        "since public access prevention is enforced."
                    )
                if binding.get("condition") and given.get("version") != 3:
                    raise invalid("Policies with conditions must have version 3.")
            bucket["_policy"] = {
                "version": given.get("version", 1),
                "bindings": given.get("bindings", []),
            }
            self._context.store.put("buckets", bucket["name"], bucket)
        return self._policy(bucket)

    def test(self, request: Request) -> Record:
        self._buckets.find(request)
        granted = request.queries.get("permissions", [])
        return {"kind": "storage#testIamPermissionsResponse", "permissions": list(granted)}


def install(context: Context, buckets: Buckets) -> None:
    """The three methods of policies."""
    policies = _Policies(context, buckets)
    base = "/storage/v1/b/{bucket*}/iam"
    context.route("GET", base, policies.get)
    context.route("PUT", base, policies.set)
    context.route("GET", f"{base}/testPermissions", policies.test)
