"""``Microsoft.KeyVault``: vaults with their soft delete, and keys as Resource Manager tells them.

The vault's own API is in :mod:`sandbox.azure.key_vault_keys`.
"""

import re
import secrets
import time

from sandbox.azure.context import Context, now
from sandbox.azure.errors import ApiError, bad_request, conflict, not_found
from sandbox.azure.ids import parse
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.azure.soft_deleted import SoftDeleted
from sandbox.store import Record
from sandbox.wire import Request, Response

VAULTS = "Microsoft.KeyVault/vaults"
DELETED_KEYS = "deleted keys"
_DURATION = re.compile(r"P(\d+[YMD])+")


class Vaults(ResourceType):
    """Vaults; a deleted one keeps its name until it is purged or its time is over."""

    type = VAULTS
    behaviour = "behaves"
    tracked = True
    name = (
        r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]",
        "3 to 24 letters, digits and single dashes, a letter first and no dash last",
    )
    name_error = "VaultNameNotValid"
    unique = "VaultAlreadyExists"
    long_running = frozenset({"PUT"})
    required = ("properties.tenantId", "properties.sku.name")
    allowed = {
        "properties.sku.name": frozenset({"standard", "premium"}),
        "properties.createMode": frozenset({"default", "recover"}),
        "properties.networkAcls.defaultAction": frozenset({"Allow", "Deny"}),
        "properties.networkAcls.bypass": frozenset({"AzureServices", "None"}),
        "properties.publicNetworkAccess": frozenset({"Enabled", "Disabled"}),
    }
    defaults = {
        "properties.accessPolicies": [],
        "properties.enableSoftDelete": True,
        "properties.enabledForDeployment": False,
        "properties.publicNetworkAccess": "Enabled",
        "properties.softDeleteRetentionInDays": 90,
        "properties.sku.family": "A",
    }
    generated = {
        "properties.vaultUri": lambda call: f"https://{call.id.name.lower()}.vault.azure.net/"
    }
    immutable = ("properties.softDeleteRetentionInDays",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.deleted = SoftDeleted(context, "deleted vaults")

    def check(self, call: Call) -> None:
        given = call.properties
        days = given["softDeleteRetentionInDays"]
        if not 7 <= days <= 90:
            raise bad_request(
                'The property "softDeleteRetentionInDays" must be between 7 and 90 days.'
            )
        if given["enableSoftDelete"] is False:
            raise bad_request(
                'The property "enableSoftDelete" cannot be set to false: soft delete is always on.'
            )
        before = (call.old or {}).get("properties", {}).get("enablePurgeProtection")
        # "false" is refused even for a new vault: it can be absent or true.
        if given.get("enablePurgeProtection") is False:
            raise bad_request(
                'The property "enablePurgeProtection" cannot be set to false. Enabling the purge '
                "protection for a vault is an irreversible action."
            )
        if before:
            given["enablePurgeProtection"] = True
        gone = self.deleted.find(call.id.name)
        recover = given.pop("createMode", "default") == "recover"
        if gone is not None and call.old is None:
            if not recover:
                raise conflict(
                    "A vault with the same name already exists in deleted state. You need to "
                    "either recover or purge existing key vault.",
                    "ConflictError",
                )
            self.deleted.recover(gone)
            call.new["properties"] = {**gone["properties"], **given}
        elif call.old is None and not recover:
            # An earlier vault of the name was purged with its keys.
            for name, _ in self.context.store.find(DELETED_KEYS, f"{call.id.key}/"):
                self.context.store.delete(DELETED_KEYS, name)
        elif recover and call.old is None:
            raise not_found(f"No deleted vault is called '{call.id.name}'.", "VaultNotFound")

    def departing(self, record: Record) -> None:
        properties = record["properties"]
        below = self.context.resources.below(record["id"])
        self.deleted.keep(record, below, days=properties["softDeleteRetentionInDays"])


class Keys(ResourceType):
    """Keys; Resource Manager makes the first version and changes none of an existing one.

    Deleting one stands for the delete of the vault's own API. The name stays taken, as there.
    """

    type = f"{VAULTS}/keys"
    behaviour = "behaves"
    name = (r"[a-zA-Z0-9-]{1,127}", "1 to 127 letters, digits and dashes")
    provisions = False
    patchable = False
    allowed = {
        "properties.kty": frozenset({"EC", "EC-HSM", "RSA", "RSA-HSM"}),
        "properties.keySize": frozenset({"2048", "3072", "4096"}),
        "properties.keyOps[]": frozenset(
            {"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey", "import", "release"}
        ),
    }
    required = ("properties.kty",)
    defaults = {"properties.attributes.enabled": True}

    def check(self, call: Call) -> None:
        if call.context.store.get(DELETED_KEYS, call.id.key) is not None and call.old is None:
            raise conflict(
                f"Key {call.id.name} is currently in a deleted but recoverable state, and its "
                "name cannot be reused; in this state, the key can only be recovered or purged.",
                "ObjectIsDeletedButRecoverable",
            )
        policy = call.properties.get("rotationPolicy") or {}
        times = [policy.get("attributes", {}).get("expiryTime")]
        for action in policy.get("lifetimeActions", []):
            trigger = action.get("trigger", {})
            times += [trigger.get("timeAfterCreate"), trigger.get("timeBeforeExpiry")]
        for text in times:
            if text is not None and not _DURATION.fullmatch(str(text)):
                raise bad_request(f"'{text}' is no duration such as P90D.", "InvalidRotationPolicy")

    def complete(self, call: Call) -> None:
        if call.old is not None:
            # An existing key is told as it is, whatever the request says.
            call.new.clear()
            call.new.update(call.old)
            return
        parent = call.id.parent
        assert parent is not None
        vault = call.context.resources.require(parent)["properties"]["vaultUri"]
        key = f"{vault}keys/{call.id.name}"
        call.new["location"] = call.context.resources.require(parent)["location"]
        call.properties.update(keyUri=key, keyUriWithVersion=f"{key}/{secrets.token_hex(16)}")
        moment = int(time.time())
        level = "Recoverable+Purgeable"
        if call.context.resources.require(parent)["properties"].get("enablePurgeProtection"):
            level = "Recoverable"
        call.properties["attributes"].update(
            created=moment, updated=moment, exportable=False, recoveryLevel=level
        )

    def erase(self, record: Record) -> None:
        self.context.store.put(DELETED_KEYS, str(record["id"]).lower(), {"deletedAt": now()})


def install(context: Context) -> None:
    """Answer about deleted vaults."""
    vaults = context.types.require(VAULTS)
    assert isinstance(vaults, Vaults)
    deleted = vaults.deleted
    base = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"
    one = f"{base}/locations/{{location}}/deletedVaults/{{name}}"

    def shown(record: Record) -> Record:
        resource = parse(record["id"])
        place = f"{base}/locations/{record['location']}/deletedVaults/{record['name']}"
        purge = record["properties"].get("enablePurgeProtection")
        return {
            "id": place.replace("{subscription}", resource.subscription),
            "name": record["name"],
            "type": "Microsoft.KeyVault/deletedVaults",
            "properties": {
                "vaultId": record["id"],
                "location": record["location"],
                "tags": record.get("tags", {}),
                "deletionDate": record["_deleted"],
                "scheduledPurgeDate": record["_until"],
                **({"purgeProtectionEnabled": True} if purge else {}),
            },
        }

    def find(request: Request) -> Record:
        context.authenticate(request)
        found = deleted.find(request.variables["name"])
        if found is None:
            raise not_found(
                f"The specified deleted vault '{request.variables['name']}' does not exist.",
                "DeletedVaultNotFound",
            )
        return found

    def purge(request: Request) -> Response:
        record = find(request)
        if record["properties"].get("enablePurgeProtection"):
            raise ApiError(400, "MethodNotAllowed", 'Operation "DeletedVaultPurge" is not allowed.')
        deleted.purge(record)
        return Response(200)

    def listing(request: Request) -> Record:
        context.authenticate(request)
        return {"value": [shown(record) for record in deleted.all()]}

    context.route("GET", one, lambda request: shown(find(request)))
    context.route("POST", f"{one}/purge", purge)
    context.route("GET", f"{base}/deletedVaults", listing)


TYPES = (Vaults, Keys)
