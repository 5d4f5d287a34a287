"""``azure-native:keyvault:Key``."""

from collections.abc import Mapping
from typing import Any

from sandbox.azure.plugin.names import SameName
from sandbox.azure.plugin.resource import AzureResource


class Key(AzureResource):
    """A key of a vault: made through Resource Manager, which changes none that exists.

    An update therefore tells the key as it is, as the real provider does. Deleting it is what the
    real provider asks of the vault's own API.
    """

    token = "azure-native:keyvault:Key"
    immutable = frozenset({"keyName", "resourceGroupName", "vaultName"})
    mutable = frozenset({"properties", "tags"})
    auto_name = SameName("keyName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.KeyVault/vaults/{vaultName}/keys/{keyName}"
    )

    def properties(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        # The outputs have its parts at the top; the input is one.
        inner = dict(answer.get("properties") or {})
        return {**super().properties(answer), **inner, "properties": inner}
