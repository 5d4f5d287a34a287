"""IAM policies of resources, the three methods that all of Google's APIs share."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable

from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError, invalid
from sandbox.router import Request
from sandbox.store import Record

COLLECTION = "iam-policies"


def _etag(policy: Record) -> str:
    content = {key: value for key, value in policy.items() if key != "etag"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return b64encode(digest[:9]).decode()


def policy_of(context: Context, name: str) -> Record:
    """The policy of a resource, empty when none was set."""
    policy = context.store.get(COLLECTION, name) or {"version": 1}
    return {**policy, "etag": _etag(policy)}


def has_role(context: Context, name: str, role: str, member: str) -> bool:
    """Whether a resource's own policy gives a member a role."""
    return any(
        binding.get("role") == role and member in binding.get("members", [])
        for binding in policy_of(context, name).get("bindings", [])
    )


def grant(context: Context, name: str, role: str, member: str) -> None:
    """Give a member a role in a resource's own policy, as Google itself does."""
    with context.store.transaction():
        if has_role(context, name, role, member):
            return
        policy = context.store.get(COLLECTION, name) or {"version": 1}
        bindings = [*policy.get("bindings", []), {"role": role, "members": [member]}]
        context.store.put(COLLECTION, name, {**policy, "bindings": bindings})


def set_policy(context: Context, name: str, request: Request) -> Record:
    """Replace a resource's policy.

    Raises:
        ApiError: the etag is of an older policy, or a member is of no known kind.
    """
    given = dict(request.json().get("policy", {}))
    with context.store.transaction():
        current = policy_of(context, name)
        if given.get("etag") and given["etag"] != current["etag"]:
            raise ApiError(
                "ABORTED",
                "There were concurrent policy changes. Please retry the whole read-modify-write "
                "with exponential backoff.",
            )
        for binding in given.get("bindings", []):
            if not str(binding.get("role", "")).startswith(
                ("roles/", "projects/", "organizations/")
            ):
                raise invalid(f"Role {binding.get('role')!r} is not supported for this resource.")
            for member in binding.get("members", []):
                check_member(context, member)
            if binding.get("condition") and given.get("version") != 3:
                raise invalid("Policies with conditions must have version 3.")
        given.pop("etag", None)
        policy = {"version": 1, **given}
        policy["bindings"] = [b for b in given.get("bindings", []) if b.get("members")]
        context.store.put(COLLECTION, name, policy)
    return policy_of(context, name)


def check_member(context: Context, member: str) -> None:
    """Refuse a member of no known kind, and a service account that was never made.

    Raises:
        ApiError: names the member.
    """
    if member in ("allUsers", "allAuthenticatedUsers"):
        return
    kind, colon, value = member.partition(":")
    known = (
        "user", "group", "domain", "serviceAccount", "principal", "principalSet", "deleted",
        "projectOwner", "projectEditor", "projectViewer",
    )  # fmt: skip
    if not colon or kind not in known:
        raise invalid(f"Invalid member {member!r}: it needs a known prefix such as 'user:'.")
    suffix = ".iam.gserviceaccount.com"
    if kind != "serviceAccount" or not value.endswith(suffix):
        return
    project = value.partition("@")[2].removesuffix(suffix)
    # Service agents belong to Google's projects and need not be made first.
    if project.startswith("gcp-sa-") or project in ("gs-project-accounts", "cloudservices"):
        return
    from sandbox.gcp.credentials import EMAIL
    from sandbox.gcp.recorded.iam import account_exists

    if value != EMAIL and context.is_known(project) and not account_exists(context, value):
        raise invalid(f"Service account {value} does not exist.")


def routes(context: Context, path: str, find: Callable[[Request], Record]) -> None:
    """Add the three methods for resources at ``path``; ``find`` refuses those there are not."""

    def get(request: Request) -> Record:
        return policy_of(context, find(request)["name"])

    def replace(request: Request) -> Record:
        return set_policy(context, find(request)["name"], request)

    def test(request: Request) -> Record:
        find(request)
        return {"permissions": request.json().get("permissions", [])}

    for method in ("GET", "POST"):
        context.route(method, f"{path}:getIamPolicy", get)
    context.route("POST", f"{path}:setIamPolicy", replace)
    context.route("POST", f"{path}:testIamPermissions", test)
