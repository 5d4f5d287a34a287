"""Who may grant roles has all of them."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

BROAD = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "owner": "Owner",
    "user access administrator": "User Access Administrator",
}

RULE = Rule(
    title="No role assignment makes an owner or an administrator of access",
    severity=Severity.HIGH,
    types=(
        "azure-native:authorization:RoleAssignment",
        "azure:authorization/assignment:Assignment",
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("iam_role_user_access_admin_restricted",),
    remediation="grant the roles that the work needs",
    link="https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/privileged",
)


def check(assignment: Resource) -> Iterator[str]:
    """A role is named by the id that is the same in every subscription, or by its name."""
    role = assignment.get("roleDefinitionId") or assignment.get("roleDefinitionName")
    if role is None:
        yield "it names no role"
    elif name := BROAD.get(str(role).rpartition("/")[2].lower()):
        yield f"it gives the role {name}"
