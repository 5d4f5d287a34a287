"""Managed identities of resources: the ``identity`` block."""

import uuid
from typing import Final

from sandbox.azure.environment import TENANT
from sandbox.azure.errors import bad_request
from sandbox.azure.identity import IDENTITIES
from sandbox.azure.resource_type import Call

_KINDS: Final = ("None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")
_BY_WORDS: Final = {kind.replace(" ", "").lower(): kind for kind in _KINDS}


def with_principals(call: Call) -> None:
    """Fill in principals: a system-assigned identity's own, the known ones of the others.

    Raises:
        ApiError: a kind that is none, or an identity that does not exist.
    """
    identity = call.new["identity"]
    kind = _BY_WORDS.get(str(identity.get("type", "None")).replace(" ", "").lower())
    if kind is None:
        listed = ", ".join(_KINDS)
        raise bad_request(
            f"The identity type '{identity.get('type')}' is not allowed; allowed: {listed}.",
            "InvalidIdentityType",
        )
    result: dict[str, object] = {"type": kind}
    if "SystemAssigned" in kind:
        before = (call.old or {}).get("identity") or {}
        result["principalId"] = before.get("principalId") or str(uuid.uuid4())
        result["tenantId"] = TENANT
    if "UserAssigned" in kind:
        result["userAssignedIdentities"] = _user_assigned(call, identity)
    call.new["identity"] = result


def _user_assigned(call: Call, identity: dict[str, object]) -> dict[str, object]:
    wanted = identity.get("userAssignedIdentities")
    if not isinstance(wanted, dict) or not wanted:
        raise bad_request(
            "An identity of type UserAssigned names at least one identity.",
            "InvalidIdentityValues",
        )
    found: dict[str, object] = {}
    for name, value in wanted.items():
        if value is None and call.request.method == "PATCH":
            continue
        record = call.context.resources.get(name)
        if record is None or record["type"] != IDENTITIES:
            raise bad_request(
                f"The managed identity with ID '{name}' was not found.",
                "FailedIdentityOperation",
            )
        properties = record["properties"]
        found[name] = {
            "principalId": properties["principalId"],
            "clientId": properties["clientId"],
        }
    return found
