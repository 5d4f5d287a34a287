"""``azure-native:storage:StorageAccount``."""

from sandbox.azure.plugin.names import RandomName
from sandbox.azure.plugin.resource import AzureResource


class StorageAccount(AzureResource):
    """A storage account, whose blobs are in Azurite."""

    token = "azure-native:storage:StorageAccount"
    immutable = frozenset(
        {
            "accountName",
            # Its policy is changed by another call; it is switched on with the account or never.
            "immutableStorageWithVersioning",
            "isHnsEnabled",
            "location",
            "resourceGroupName",
        }
    )
    mutable = frozenset(
        {
            "accessTier",
            "allowBlobPublicAccess",
            "allowCrossTenantReplication",
            "allowSharedKeyAccess",
            "allowedCopyScope",
            "defaultToOAuthAuthentication",
            "dnsEndpointType",
            "enableExtendedGroups",
            "enableHttpsTrafficOnly",
            "enableNfsV3",
            "encryption",
            "extendedLocation",
            "identity",
            "isLocalUserEnabled",
            "isSftpEnabled",
            "keyPolicy",
            "kind",
            "largeFileSharesState",
            "minimumTlsVersion",
            "networkRuleSet",
            "publicNetworkAccess",
            "routingPreference",
            "sasPolicy",
            "sku",
            "tags",
        }
    )
    auto_name = RandomName("accountName")
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Storage/storageAccounts/{accountName}"
    )
    sets = frozenset({"ipRules"})
    renames = {
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "enableNfsV3": "isNfsV3Enabled",
        "encryption.encryptionIdentity": "identity",
        "encryption.encryptionIdentity.encryptionUserAssignedIdentity": "userAssignedIdentity",
        "encryption.keyVaultProperties": "keyvaultproperties",
        "encryption.keyVaultProperties.keyName": "keyname",
        "encryption.keyVaultProperties.keyVaultUri": "keyvaulturi",
        "encryption.keyVaultProperties.keyVersion": "keyversion",
        "networkRuleSet": "networkAcls",
        "networkRuleSet.ipRules[].iPAddressOrRange": "value",
        "networkRuleSet.virtualNetworkRules[].virtualNetworkResourceId": "id",
    }
