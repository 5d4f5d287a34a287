"""``Microsoft.Authorization``: roles and policies assigned, refused as in Azure, not enforced."""

import re
import uuid
from typing import Any

from sandbox.azure.context import Context, now
from sandbox.azure.errors import ApiError, bad_request, conflict
from sandbox.azure.ids import SUBSCRIPTIONS, ResourceId
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.store import Record
from sandbox.wire import Request

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DEFINITION = re.compile(
    rf"(?P<scope>(/subscriptions/{_GUID})?)/providers/Microsoft\.Authorization/roleDefinitions/"
    rf"(?P<name>{_GUID})",
    re.IGNORECASE,
)

_POLICY = re.compile(
    r"(/[^/]+)*/providers/Microsoft\.Authorization/policy(Set)?Definitions/[^/]+", re.IGNORECASE
)


class RoleAssignments(ResourceType):
    """One for each scope, role and principal; another name for the same is refused."""

    type = ASSIGNMENTS
    scopes = frozenset({"subscription", "group", "resource"})
    name = (_GUID, "it must be a GUID")
    name_error = "InvalidRoleAssignmentId"
    provisions = False
    patchable = False
    required = ("properties.principalId", "properties.roleDefinitionId")
    allowed = {
        "properties.principalType": frozenset(
            {"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}
        )
    }
    defaults = {"properties.principalType": "User"}

    def check(self, call: Call) -> None:
        definition = str(call.properties["roleDefinitionId"])
        if not _DEFINITION.fullmatch(definition):
            raise bad_request(
                f"The role definition ID '{definition}' is not valid.",
                "InvalidRoleDefinitionId",
            )
        if not re.fullmatch(_GUID, str(call.properties["principalId"])):
            raise bad_request(
                f"The principal ID '{call.properties['principalId']}' is not valid. "
                "Principal ID must be a GUID.",
                "InvalidPrincipalId",
            )
        if call.properties.get("condition") and call.properties.get("conditionVersion") != "2.0":
            raise bad_request(
                "A condition needs the condition version '2.0'.", "InvalidConditionVersion"
            )
        if call.old is not None:
            self._check_update(call)
            return
        wanted = _meaning(call.properties, call.id.scope)
        for other in self.context.resources.of_type(ASSIGNMENTS):
            if _meaning(other["properties"], other["properties"]["scope"]) == wanted:
                raise conflict(
                    "The role assignment already exists. The ID of the existing role assignment "
                    f"is {str(other['name']).replace('-', '')}.",
                    "RoleAssignmentExists",
                )

    def _check_update(self, call: Call) -> None:
        assert call.old is not None
        before, scope = call.old["properties"], call.id.scope
        if _meaning(before, scope) != _meaning(call.properties, scope):
            raise bad_request(
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
                "RoleAssignmentUpdateNotPermitted",
            )

    def complete(self, call: Call) -> None:
        assert call.id.scope is not None
        moment = now()
        before = (call.old or {}).get("properties", {})
        found = self.context.resources.get(call.id.scope)
        call.properties.update(
            scope=str(found["id"]) if found else str(call.id.scope),
            createdOn=before.get("createdOn", moment),
            updatedOn=moment,
            createdBy=before.get("createdBy", call.caller.object_id),
            updatedBy=call.caller.object_id,
        )
        call.properties.setdefault("condition", None)
        call.properties.setdefault("conditionVersion", None)

    def listing(self, call: Call, records: list[Record]) -> list[Record]:
        """At the scope, above it and below it; ``atScope()`` leaves out what is below."""
        wanted = call.request.query.get("$filter", "")
        principal = re.search(rf"(principalId|assignedTo)\s*(eq\s*|\()'({_GUID})'", wanted)
        scope, above = call.id.key, []
        place: ResourceId | None = call.id.parent if call.id.type != SUBSCRIPTIONS else None
        while place is not None:
            above.append(place.key)
            place = place.parent
        found = [] if "atScope()" in wanted else list(records)
        for record in self.context.resources.of_type(ASSIGNMENTS):
            at = str(record["properties"]["scope"]).lower()
            if (at == scope or at in above) and record not in found:
                found.append(record)
        if principal is not None:
            found = [r for r in found if r["properties"]["principalId"] == principal[3]]
        return found


class PolicyAssignments(ResourceType):
    """A policy or an initiative for all of a scope; nothing is looked at."""

    type = "Microsoft.Authorization/policyAssignments"
    scopes = frozenset({"subscription", "group", "resource"})
    name = (r"[^#<>*%&:\\?.+/]{1,128}", "1 to 128 characters")
    provisions = False
    required = ("properties.policyDefinitionId",)
    allowed = {"properties.enforcementMode": frozenset({"Default", "DoNotEnforce", "Enroll"})}
    defaults = {"properties.enforcementMode": "Default"}
    generated = {"properties.instanceId": lambda _: str(uuid.uuid4())}
    immutable = ("properties.policyDefinitionId",)

    def check(self, call: Call) -> None:
        definition = str(call.properties["policyDefinitionId"])
        if not _POLICY.fullmatch(definition):
            raise bad_request(
                f"The policy definition id '{definition}' is not valid.",
                "InvalidPolicyDefinitionReference",
            )

    def complete(self, call: Call) -> None:
        assert call.id.scope is not None
        call.properties["scope"] = str(call.id.scope)


def _meaning(properties: dict[str, Any], scope: object) -> tuple[str, str, str]:
    definition = str(properties["roleDefinitionId"]).rsplit("/", maxsplit=1)[-1]
    return str(scope).lower(), definition.lower(), str(properties["principalId"]).lower()


def install(context: Context) -> None:
    """Role definitions: every GUID is one, for there is nothing to enforce."""

    def definition(request: Request) -> Record:
        context.authenticate(request)
        name = request.variables["name"]
        if not re.fullmatch(_GUID, name):
            raise ApiError(
                404, "RoleDefinitionDoesNotExist", f"There is no role definition '{name}'."
            )
        scope = f"/subscriptions/{request.variables['subscription']}"
        return {
            "id": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}",
            "name": name,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {"roleName": name, "type": "BuiltInRole", "assignableScopes": ["/"]},
        }

    base = "/subscriptions/{subscription}/providers/Microsoft.Authorization"
    context.route("GET", f"{base}/roleDefinitions/{{name}}", definition)


TYPES = (RoleAssignments, PolicyAssignments)
