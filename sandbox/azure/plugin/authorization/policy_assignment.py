"""``azure-native:authorization:PolicyAssignment``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class PolicyAssignment(AzureResource):
    """A policy for all of a scope; nothing is audited by it, and nothing refused."""

    token = "azure-native:authorization:PolicyAssignment"
    behaviour = "recorded"
    immutable = frozenset({"location", "policyAssignmentName", "scope"})
    mutable = frozenset(
        {
            "definitionVersion",
            "description",
            "displayName",
            "enforcementMode",
            "identity",
            "metadata",
            "nonComplianceMessages",
            "notScopes",
            "overrides",
            "parameters",
            "policyDefinitionId",
            "resourceSelectors",
        }
    )
    defaults = {"enforcementMode": "Default"}
    auto_name = RandomName("policyAssignmentName")
    path = "{scope}/providers/Microsoft.Authorization/policyAssignments/{policyAssignmentName}"
