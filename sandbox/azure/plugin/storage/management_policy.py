"""``azure-native:storage:ManagementPolicy``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class ManagementPolicy(AzureResource):
    """Rules for the life of blobs; none is carried out."""

    token = "azure-native:storage:ManagementPolicy"
    behaviour = "recorded"
    immutable = frozenset({"accountName", "managementPolicyName", "resourceGroupName"})
    mutable = frozenset({"policy"})
    auto_name = SameName("managementPolicyName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Storage/storageAccounts/{accountName}/managementPolicies"
        "/{managementPolicyName}"
    )
