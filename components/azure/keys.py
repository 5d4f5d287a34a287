"""Encryption keys: one for each sensitivity, so that a service decrypts only what it must."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.azure.access import Access
from components.azure.roles import Role, grant
from components.azure.vaults import vault_name, vault_properties
from components.naming import SERVICE_ENCRYPTED, Sensitivity, sensitivities
from components.tags import with_sensitivity


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """Where the vault is, and how long its keys live."""

    subscription_id: str
    tenant_id: str
    resource_group_name: pulumi.Input[str]
    region: str
    access: Access
    rotation_days: int = 90
    tags: Mapping[str, str]
    deletion_window_days: int = 30
    """Days (7 to 90) in which the deletion of vault and keys can be called off."""
    protect: bool = False
    seals: bool = False
    """One key more, which no service of the cloud may use: for tables that are sealed before they
    come here."""
    uploader_object_id: str | None
    """Who runs Pulumi, in Entra's terms; gets the right to seal. None: has it already."""
    uploader_type: str
    """``User``, ``Group`` or ``ServicePrincipal``."""


class Keys(pulumi.ComponentResource):
    """A customer managed key with rotation for each sensitivity, in a vault of their own.

    Nobody reads keys: one managed identity may wrap and unwrap with them, and the services that
    encrypt act as it. With the key of sealed tables it may not: who runs Pulumi seals, and the
    preparation opens.

    Rotation makes a new version after the given days. Versions do not expire: what an old one
    wrapped must stay readable.
    """

    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    """URI of each key without a version, known once the identity may use it."""
    key_versions: Mapping[Sensitivity, pulumi.Output[str]]
    """URI of each key's first version, for services that insist on one."""
    vault_id: pulumi.Output[str]
    vault_url: pulumi.Output[str]
    identity_id: pulumi.Output[str]
    """Of the identity that encrypting services act as."""
    identity_client_id: pulumi.Output[str]
    sealed_key_scope: pulumi.Output[str] | None
    """ARM id of the key of sealed tables, for whom a role on it is given."""

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Keys", name, None, opts)
        self._args = args
        tags = with_sensitivity(args.tags, Sensitivity.OPERATIONS)
        identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-encryption",
            resource_group_name=args.resource_group_name,
            location=args.region,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        vault = azure.keyvault.Vault(
            vault_name(name),
            resource_group_name=args.resource_group_name,
            location=args.region,
            properties=vault_properties(
                tenant_id=args.tenant_id,
                access=args.access,
                deletion_window_days=args.deletion_window_days,
            ),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.vault_id = vault.id
        self.vault_url = vault.properties.vault_uri
        self.identity_id = identity.id
        self.identity_client_id = identity.client_id
        keys = {
            sensitivity: self._key(f"{name}-{sensitivity}", sensitivity, vault)
            for sensitivity in sensitivities(seals=args.seals)
        }
        grants = {
            sensitivity: grant(
                f"{name}-{sensitivity}-encryption",
                role=Role.KEY_ENCRYPTION_USER,
                scope=keys[sensitivity].id,
                principal_id=identity.principal_id,
                subscription_id=args.subscription_id,
                parent=self,
            )
            for sensitivity in SERVICE_ENCRYPTED
        }
        sealed = keys.get(Sensitivity.SEALED)
        self.sealed_key_scope = sealed.id if sealed else None
        if sealed is not None and args.uploader_object_id is not None:
            grants[Sensitivity.SEALED] = grant(
                f"{name}-{Sensitivity.SEALED}-uploader",
                role=Role.KEY_ENCRYPTION_USER,
                scope=sealed.id,
                principal_id=args.uploader_object_id,
                subscription_id=args.subscription_id,
                parent=self,
                principal_type=args.uploader_type,
            )
        # Known only with its grant, so that nothing is encrypted before the identity may.
        self.key_ids = {
            sensitivity: _after(grants.get(sensitivity), key.key_uri)
            for sensitivity, key in keys.items()
        }
        self.key_versions = {
            sensitivity: _after(grants[sensitivity], keys[sensitivity].key_uri_with_version)
            for sensitivity in SERVICE_ENCRYPTED
        }
        self.register_outputs(
            {
                "key_ids": {str(s): key for s, key in self.key_ids.items()},
                "vault_id": self.vault_id,
                "identity_id": self.identity_id,
            }
        )

    def _key(
        self, name: str, sensitivity: Sensitivity, vault: azure.keyvault.Vault
    ) -> azure.keyvault.Key:
        args = self._args
        return azure.keyvault.Key(
            name,
            resource_group_name=args.resource_group_name,
            vault_name=vault.name,
            key_name=sensitivity.value,
            properties={
                "kty": "RSA",
                "key_size": 3072,
                "key_ops": ["wrapKey", "unwrapKey"],
                "attributes": {"enabled": True},
                "rotation_policy": {
                    "lifetime_actions": [
                        {
                            "action": {"type": azure.keyvault.KeyRotationPolicyActionType.ROTATE},
                            "trigger": {"time_after_create": f"P{args.rotation_days}D"},
                        }
                    ]
                },
            },
            tags=with_sensitivity(args.tags, sensitivity),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )


def _after(granted: pulumi.Output[str] | None, value: pulumi.Output[str]) -> pulumi.Output[str]:
    return pulumi.Output.all(value, granted).apply(lambda known: str(known[0]))
