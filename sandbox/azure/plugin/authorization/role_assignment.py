"""``azure-native:authorization:RoleAssignment``."""

from sandbox.azure.plugin.names import RandomGuid
from sandbox.azure.plugin.resource import AzureResource


class RoleAssignment(AzureResource):
    """A role for a principal at a scope; who has which role is not looked at."""

    token = "azure-native:authorization:RoleAssignment"
    behaviour = "recorded"
    immutable = frozenset({"principalId", "roleAssignmentName", "scope"})
    mutable = frozenset(
        {
            "condition",
            "conditionVersion",
            "delegatedManagedIdentityResourceId",
            "description",
            "principalType",
            "roleDefinitionId",
        }
    )
    auto_name = RandomGuid("roleAssignmentName")
    path = "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"
