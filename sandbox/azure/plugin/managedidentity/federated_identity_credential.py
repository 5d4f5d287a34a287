"""``azure-native:managedidentity:FederatedIdentityCredential``."""

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class FederatedIdentityCredential(AzureResource):
    """Whose tokens stand for an identity."""

    token = "azure-native:managedidentity:FederatedIdentityCredential"
    behaviour = "recorded"
    immutable = frozenset(
        {"federatedIdentityCredentialResourceName", "resourceGroupName", "resourceName"}
    )
    mutable = frozenset({"audiences", "issuer", "subject"})
    auto_name = SameName("federatedIdentityCredentialResourceName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
        "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
    )
