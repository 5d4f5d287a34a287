"""``azure-native:storage:EncryptionScope``."""

from plugin.handler import Properties
from sandbox.azure.plugin.cloud import Cloud
from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class EncryptionScope(AzureResource):
    """A key for parts of an account; Azure keeps a scope as long as its account."""

    token = "azure-native:storage:EncryptionScope"
    behaviour = "recorded"
    immutable = frozenset({"accountName", "encryptionScopeName", "resourceGroupName"})
    mutable = frozenset(
        {"keyVaultProperties", "requireInfrastructureEncryption", "source", "state"}
    )
    auto_name = SameName("encryptionScopeName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Storage/storageAccounts/{accountName}/encryptionScopes"
        "/{encryptionScopeName}"
    )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        """There is nothing to call: the scope ends with its account."""
