"""``Microsoft.Storage``: accounts and containers are Azurite's; the rest is recorded."""

import base64
import secrets
from typing import Any

from sandbox.azure import paths
from sandbox.azure.context import Context, now
from sandbox.azure.errors import ApiError, bad_request, conflict
from sandbox.azure.operations import Operation
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.azure.types.key_vault import VAULTS
from sandbox.store import Record

ACCOUNTS = "Microsoft.Storage/storageAccounts"
_SKUS = frozenset(
    {
        "Premium_LRS",
        "Premium_ZRS",
        "Standard_GRS",
        "Standard_GZRS",
        "Standard_LRS",
        "Standard_RAGRS",
        "Standard_RAGZRS",
        "Standard_ZRS",
    }
)
_KINDS = frozenset({"BlobStorage", "BlockBlobStorage", "FileStorage", "Storage", "StorageV2"})
_BLOB_DEFAULTS = {
    "cors": {"corsRules": []},
    "deleteRetentionPolicy": {"allowPermanentDelete": False, "enabled": False},
}


def _key(_: Call) -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


class StorageAccounts(ResourceType):
    """Accounts whose blobs are in Azurite, with what ARM says of their network recorded only."""

    type = ACCOUNTS
    behaviour = "behaves"
    tracked = True
    name = (
        r"[a-z0-9]{3,24}",
        "it must be 3 to 24 characters long and use numbers and lower-case letters only",
    )
    name_error = "AccountNameInvalid"
    unique = "StorageAccountAlreadyTaken"
    system_data = False
    long_running = frozenset({"PUT"})
    required = ("sku.name", "kind")
    allowed = {
        "sku.name": _SKUS,
        "kind": _KINDS,
        "properties.accessTier": frozenset({"Hot", "Cool", "Cold", "Premium"}),
        "properties.minimumTlsVersion": frozenset({"TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"}),
        "properties.publicNetworkAccess": frozenset({"Enabled", "Disabled", "SecuredByPerimeter"}),
        "properties.networkAcls.defaultAction": frozenset({"Allow", "Deny"}),
        "properties.encryption.keySource": frozenset({"Microsoft.Storage", "Microsoft.Keyvault"}),
    }
    defaults = {
        "properties.accessTier": "Hot",
        "properties.allowBlobPublicAccess": False,
        "properties.encryption": {
            "keySource": "Microsoft.Storage",
            "services": {
                "blob": {"enabled": True, "keyType": "Account"},
                "file": {"enabled": True, "keyType": "Account"},
            },
        },
        "properties.minimumTlsVersion": "TLS1_0",
        "properties.networkAcls": {
            "bypass": "AzureServices",
            "defaultAction": "Allow",
            "ipRules": [],
            "virtualNetworkRules": [],
        },
        "properties.supportsHttpsTrafficOnly": True,
    }
    generated = {
        "properties.creationTime": lambda _: now(),
        "properties.keyCreationTime": lambda _: {"key1": now(), "key2": now()},
        "_keys.key1": _key,
        "_keys.key2": _key,
        # What Azurite has where the account allows no keys: nobody is told.
        "_keys.nobody": _key,
    }
    immutable = (
        "properties.encryption.requireInfrastructureEncryption",
        "properties.isHnsEnabled",
    )
    actions = {"listKeys": "list_keys", "regenerateKey": "regenerate_key"}

    def check(self, call: Call) -> None:
        encryption = call.properties["encryption"]
        if encryption.get("keySource") != "Microsoft.Keyvault":
            return
        wanted = encryption.get("keyvaultproperties") or {}
        if not wanted.get("keyname") or not wanted.get("keyvaulturi"):
            raise bad_request(
                "The key source Microsoft.Keyvault needs a key's name and its vault's URI.",
                "InvalidValuesForRequestParameters",
            )
        uri = str(wanted["keyvaulturi"]).rstrip("/").lower()
        for vault in call.context.resources.of_type(VAULTS):
            if str(vault["properties"]["vaultUri"]).rstrip("/").lower() != uri:
                continue
            if vault["properties"].get("enablePurgeProtection"):
                key = call.context.resources.get(f"{vault['id']}/keys/{wanted['keyname']}")
                if key is not None:
                    return
                raise bad_request(
                    f"The vault {uri} has no key '{wanted['keyname']}'.", "KeyVaultError"
                )
            raise bad_request(
                "The key vault must have both soft delete and purge protection enabled.",
                "KeyVaultPolicyRecoveryLevelNotSupported",
            )
        raise bad_request(
            f"The key vault '{wanted['keyvaulturi']}' was not found.", "KeyVaultError"
        )

    def complete(self, call: Call) -> None:
        name = call.id.name
        endpoints = {
            kind: f"https://{name}.{kind}.core.windows.net/"
            for kind in ("dfs", "file", "queue", "table")
        }
        endpoints["blob"] = self.context.blobs.endpoint(name)
        endpoints["web"] = f"https://{name}.z6.web.core.windows.net/"
        call.properties["primaryEndpoints"] = endpoints
        call.properties["primaryLocation"] = call.new["location"]
        call.properties["statusOfPrimary"] = "available"
        call.new["sku"]["tier"] = call.new["sku"]["name"].partition("_")[0]
        call.properties.setdefault("privateEndpointConnections", [])

    def stored(self, call: Call) -> None:
        service = call.id.child("blobServices", "default")
        if call.context.resources.get(service) is None:
            call.context.resources.put(
                {
                    "id": f"{call.new['id']}/blobServices/default",
                    "name": "default",
                    "type": BlobServices.type,
                    "properties": dict(_BLOB_DEFAULTS),
                }
            )
        if call.request.method == "PATCH":
            # Whether keys open it may have changed.
            self.serve()

    def settle(self, operation: Operation) -> None:
        self.serve()

    def serve(self, *, without: str = "") -> None:
        """Tell Azurite which accounts there are, and the keys that open them."""
        accounts = {}
        for record in self.context.resources.of_type(ACCOUNTS):
            if record["name"] != without:
                shared = record["properties"].get("allowSharedKeyAccess") is not False
                keys = record["_keys"]
                accounts[record["name"]] = (
                    f"{keys['key1']}:{keys['key2']}" if shared else keys["nobody"]
                )
        self.context.blobs.serve(accounts)

    def erase(self, record: Record) -> None:
        client = self.context.blobs.client(record["name"])
        try:
            with client:
                for container in list(client.list_containers()):
                    client.delete_container(container.name)
        finally:
            self.serve(without=record["name"])

    def list_keys(self, call: Call) -> Record:
        assert call.old is not None
        keys = call.old["_keys"]
        times = call.old["properties"]["keyCreationTime"]
        return {
            "keys": [
                {
                    "creationTime": times[name],
                    "keyName": name,
                    "permissions": "FULL",
                    "value": keys[name],
                }
                for name in ("key1", "key2")
            ]
        }

    def regenerate_key(self, call: Call) -> Record:
        name = call.request.json().get("keyName")
        if name not in ("key1", "key2"):
            raise bad_request("The key's name must be key1 or key2.", "KeyNameInvalid")
        with call.context.resources.change(call.id) as record:
            record["_keys"][name] = _key(call)
            record["properties"]["keyCreationTime"][name] = now()
        self.serve()
        call.old = call.context.resources.require(call.id)
        return self.list_keys(call)


def _account(call: Call) -> Record:
    """The account that something of it is about."""
    scope = call.id.scope
    assert scope is not None
    return call.context.resources.require(f"{scope}/providers/{ACCOUNTS}/{call.id.names[0]}")


class _Default(ResourceType):
    """A part of an account of which there is one, called ``default``."""

    name = (r"default", "it must be 'default'")
    provisions = False
    system_data = False


class BlobServices(_Default):
    """The blob service's settings: there with the account, and never deleted."""

    type = f"{ACCOUNTS}/blobServices"

    def complete(self, call: Call) -> None:
        for name, value in _BLOB_DEFAULTS.items():
            call.properties.setdefault(name, value)
        account = _account(call)
        call.new["sku"] = account["sku"]

    def check_deletion(self, call: Call) -> None:
        raise ApiError(405, "MethodNotAllowed", "The blob service cannot be deleted.")


class Containers(ResourceType):
    """Containers, made and deleted in Azurite too."""

    type = f"{ACCOUNTS}/blobServices/containers"
    behaviour = "behaves"
    name = (
        r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]|\$root|\$web|\$logs",
        "3 to 63 numbers, lower-case letters and single dashes between them",
    )
    name_error = "ContainerNameInvalid"
    provisions = False
    system_data = False
    etagged = True
    allowed = {"properties.publicAccess": frozenset({"None", "Blob", "Container"})}
    defaults = {"properties.publicAccess": "None"}
    generated = {
        "properties.hasImmutabilityPolicy": lambda _: False,
        "properties.hasLegalHold": lambda _: False,
        "properties.immutableStorageWithVersioning": lambda _: {"enabled": False},
    }
    immutable = ("properties.defaultEncryptionScope", "properties.denyEncryptionScopeOverride")

    def check(self, call: Call) -> None:
        account = _account(call)
        public = call.properties["publicAccess"] != "None"
        if public and not account["properties"].get("allowBlobPublicAccess"):
            raise conflict(
                "Public access is not permitted on this storage account.",
                "PublicAccessNotPermitted",
            )
        scope = call.properties.get("defaultEncryptionScope")
        if scope not in (None, "$account-encryption-key"):
            found = call.context.resources.get(f"{account['id']}/encryptionScopes/{scope}")
            if found is None:
                raise bad_request(
                    f"The encryption scope '{scope}' does not exist.", "EncryptionScopeNotFound"
                )

    def complete(self, call: Call) -> None:
        call.properties.setdefault("defaultEncryptionScope", "$account-encryption-key")
        call.properties.setdefault("denyEncryptionScopeOverride", False)
        call.properties.update(
            {
                "lastModifiedTime": now(),
                "leaseState": "Available",
                "leaseStatus": "Unlocked",
                "deleted": False,
                "remainingRetentionDays": 0,
            }
        )

    def stored(self, call: Call) -> None:
        from azure.core.exceptions import ResourceExistsError

        public = str(call.properties["publicAccess"]).lower()
        try:
            with self.context.blobs.client(call.id.names[0]) as client:
                client.create_container(
                    call.id.name, public_access=None if public == "none" else public
                )
        except ResourceExistsError:
            pass  # by a client of the data, which may make containers as well

    def erase(self, record: Record) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        account = str(record["id"]).split("/")[-5]
        try:
            with self.context.blobs.client(account) as client:
                client.delete_container(record["name"])
        except ResourceNotFoundError:
            pass


class EncryptionScopes(ResourceType):
    """Keys for parts of an account; nothing is encrypted here."""

    type = f"{ACCOUNTS}/encryptionScopes"
    name = (r"[a-z0-9-]{3,63}", "3 to 63 numbers, lower-case letters and dashes")
    provisions = False
    system_data = False
    allowed = {
        "properties.source": frozenset({"Microsoft.Storage", "Microsoft.KeyVault"}),
        "properties.state": frozenset({"Enabled", "Disabled"}),
    }
    defaults = {"properties.source": "Microsoft.Storage", "properties.state": "Enabled"}
    generated = {"properties.creationTime": lambda _: now()}

    def complete(self, call: Call) -> None:
        call.properties["lastModifiedTime"] = now()
        key = paths.value(call.new, "properties.keyVaultProperties.keyUri")
        if key is not None:
            facts: dict[str, Any] = call.properties["keyVaultProperties"]
            facts["currentVersionedKeyIdentifier"] = key
            facts["lastKeyRotationTimestamp"] = now()

    def check_deletion(self, call: Call) -> None:
        raise ApiError(
            405, "MethodNotAllowed", "An encryption scope cannot be deleted, only disabled."
        )


class ManagementPolicies(_Default):
    """Rules for the life of blobs; none is carried out."""

    type = f"{ACCOUNTS}/managementPolicies"
    required = ("properties.policy.rules",)

    def complete(self, call: Call) -> None:
        call.properties["lastModifiedTime"] = now()
        for rule in call.properties["policy"]["rules"]:
            rule.setdefault("enabled", True)


def install(context: Context) -> None:
    """Serve the accounts that there were before a restart."""
    accounts = context.types.require(ACCOUNTS)
    assert isinstance(accounts, StorageAccounts)
    context.on_start(accounts.serve)


TYPES = (StorageAccounts, BlobServices, Containers, EncryptionScopes, ManagementPolicies)
