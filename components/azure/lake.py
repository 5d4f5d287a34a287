"""The data lake: raw, processed, artefact and log storage, and the raw table's file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.access import Access, storage_rules
from components.azure.names import global_name
from components.azure.roles import Role, grant
from components.azure.runs.blob_upload import BlobUpload, BlobUploadArgs
from components.naming import HASH_LENGTH, Sensitivity
from components.packaging import ROOT
from components.runs.sealed_object import SealedObject, SealedObjectArgs
from components.sealing import Seal, stored_name
from components.tags import with_sensitivity

# Where Azure ML itself keeps the output and the logs of jobs.
_SYSTEM_CONTAINER: Final = "azureml"
_SOFT_DELETE_DAYS: Final = 7
_LONGEST_NAME: Final = 24


class Zone(StrEnum):
    """The containers, by what they hold."""

    RAW = "raw"
    """Tables as they were delivered."""
    PROCESSED = "processed"
    """Prepared tables."""
    ARTEFACTS = "artefacts"
    """Code, checkpoints, models."""
    LOGS = "logs"
    """What diagnostic settings write: who read and changed what."""


_CONTAINERS: Final = (Zone.RAW, Zone.PROCESSED, Zone.ARTEFACTS)


@dataclass(frozen=True, kw_only=True)
class LakeArgs:
    """Keys, retention and the raw data set."""

    subscription_id: str
    resource_group_name: pulumi.Input[str]
    region: str
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    encryption_identity_id: pulumi.Input[str]
    """The identity that may use the keys."""
    access: Access
    zone_redundant: bool
    uploader_object_id: str | None
    """Who runs Pulumi, in Entra's terms; gets the right to upload. None: has it already."""
    uploader_type: str
    """``User``, ``Group`` or ``ServicePrincipal``."""
    tags: Mapping[str, str]
    retention_days: Mapping[Zone, int]
    noncurrent_days: int = 30
    table: str
    """Name of the raw table: the folder of its file."""
    data_sha256: str
    data_path: Path | None
    """The raw table's CSV; none where another cloud's lake delivers it."""
    seal: Seal | None
    """What the raw table is sealed for before it is uploaded; None: it is uploaded as it is."""
    protect: bool = False
    """Refuse to delete the accounts, and keep logs from being changed before their time."""


class Lake(pulumi.ComponentResource):
    """Two locked storage accounts: one for tables and models, one for logs.

    Both: encrypted twice, the outer time with the customer's own key; TLS 1.2; identities only (no
    account keys, so no signatures made with them, no local users); no anonymous access; versioned,
    soft delete, expiring. Models have a key of their own (an encryption scope that writers cannot
    step out of). In the log account, where ``protect`` is set, nothing can be changed or deleted
    before its time. Azure makes the log containers itself.
    """

    bucket_names: Mapping[Zone, pulumi.Output[str]]
    """Name of each zone's container; of the logs, which have many, their account's name."""
    account_id: pulumi.Output[str]
    account_name: pulumi.Output[str]
    account_url: pulumi.Output[str]
    """``https://ACCOUNT.blob…/``, known once this stack may upload."""
    log_account_id: pulumi.Output[str]
    raw_table_uri: pulumi.Output[str]
    """Folder that holds the raw table's file, as Azure ML names it, once the file is there (when
    another cloud delivers it: once the container is)."""
    raw_folder: str
    """The same folder within the container."""

    def __init__(
        self, name: str, args: LakeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Lake", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self, protect=args.protect)
        lake = self._account(f"{name}-lake", "lake", Sensitivity.DATA)
        logs = self._account(f"{name}-{Zone.LOGS}", "logs", Sensitivity.OPERATIONS)
        self._service(f"{name}-lake", lake)
        self._service(f"{name}-{Zone.LOGS}", logs)
        self._expiry(f"{name}-lake", lake, self._lake_days())
        self._expiry(f"{name}-{Zone.LOGS}", logs, {"": args.retention_days[Zone.LOGS]})
        scope = self._scope(name, lake)
        containers = {
            zone: self._container(
                f"{name}-{zone}", zone, lake, scope if zone is Zone.ARTEFACTS else None
            )
            for zone in _CONTAINERS
        }
        self.bucket_names = {**containers, Zone.LOGS: logs.name}
        self.account_id = lake.id
        self.account_name = lake.name
        self.account_url = self._uploadable(name, lake)
        self.log_account_id = logs.id
        self.raw_folder = f"{args.table}/{args.data_sha256[:HASH_LENGTH]}"
        self.raw_table_uri = self._raw_data(name, containers[Zone.RAW])
        self.register_outputs(
            {
                "bucket_names": {str(zone): bucket for zone, bucket in self.bucket_names.items()},
                "account_url": self.account_url,
                "raw_table_uri": self.raw_table_uri,
            }
        )

    def _account(
        self, name: str, kind: str, sensitivity: Sensitivity
    ) -> azure.storage.StorageAccount:
        args = self._args
        locked: dict[str, Any] = {}
        if sensitivity is Sensitivity.OPERATIONS and args.protect:
            # Azure lets nobody make a policy that is locked already: an administrator may still
            # lengthen it, and locks it for good by hand.
            locked["immutable_storage_with_versioning"] = {
                "enabled": True,
                "immutability_policy": {
                    "state": "Unlocked",
                    "immutability_period_since_creation_in_days": args.retention_days[Zone.LOGS],
                    "allow_protected_append_writes": True,
                },
            }
        return azure.storage.StorageAccount(
            name,
            resource_group_name=args.resource_group_name,
            location=args.region,
            # Part of a host name: lower case letters and digits, and no other account's in Azure.
            account_name=global_name(
                name, kind, args.subscription_id, args.region, limit=_LONGEST_NAME
            ),
            kind=azure.storage.Kind.STORAGE_V2,
            sku={"name": "Standard_ZRS" if args.zone_redundant else "Standard_LRS"},
            access_tier=azure.storage.AccessTier.HOT,
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            allow_cross_tenant_replication=False,
            default_to_o_auth_authentication=True,
            enable_https_traffic_only=True,
            is_local_user_enabled=False,
            minimum_tls_version=azure.storage.MinimumTlsVersion.TLS1_2,
            identity={
                "type": azure.storage.IdentityType.USER_ASSIGNED,
                "user_assigned_identities": [args.encryption_identity_id],
            },
            encryption=azure.storage.EncryptionArgs(
                key_source=azure.storage.KeySource.MICROSOFT_KEYVAULT,
                key_vault_properties=key_vault_properties(args.key_ids[sensitivity]),
                encryption_identity=azure.storage.EncryptionIdentityArgs(
                    encryption_user_assigned_identity=args.encryption_identity_id
                ),
                require_infrastructure_encryption=True,
            ),
            tags=with_sensitivity(args.tags, sensitivity),
            opts=self._child,
            **storage_rules(args.access),
            **locked,
        )

    def _service(self, name: str, account: azure.storage.StorageAccount) -> None:
        azure.storage.BlobServiceProperties(
            name,
            resource_group_name=self._args.resource_group_name,
            account_name=account.name,
            blob_services_name="default",
            is_versioning_enabled=True,
            delete_retention_policy={"enabled": True, "days": _SOFT_DELETE_DAYS},
            container_delete_retention_policy={"enabled": True, "days": _SOFT_DELETE_DAYS},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _lake_days(self) -> dict[str, int]:
        days = {f"{zone}/": self._args.retention_days[zone] for zone in _CONTAINERS}
        return {**days, f"{_SYSTEM_CONTAINER}/": self._args.retention_days[Zone.ARTEFACTS]}

    def _expiry(
        self, name: str, account: azure.storage.StorageAccount, days: Mapping[str, int]
    ) -> None:
        """Deletes what begins with a prefix after its days, old versions after theirs."""
        args = self._args
        rules: list[Any] = []
        for prefix, kept in days.items():
            filters: dict[str, Any] = {"blob_types": ["blockBlob", "appendBlob"]}
            if prefix:
                filters["prefix_match"] = [prefix]
            old = {"delete": {"days_after_creation_greater_than": args.noncurrent_days}}
            rules.append(
                {
                    "name": prefix.strip("/") or "all",
                    "enabled": True,
                    "type": azure.storage.RuleType.LIFECYCLE,
                    "definition": {
                        "filters": filters,
                        "actions": {
                            "base_blob": {"delete": {"days_after_modification_greater_than": kept}},
                            "version": old,
                            "snapshot": old,
                        },
                    },
                }
            )
        azure.storage.ManagementPolicy(
            name,
            resource_group_name=args.resource_group_name,
            account_name=account.name,
            management_policy_name="default",
            policy={"rules": rules},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _scope(self, name: str, account: azure.storage.StorageAccount) -> pulumi.Output[str]:
        args = self._args
        return azure.storage.EncryptionScope(
            f"{name}-{Sensitivity.MODEL}",
            resource_group_name=args.resource_group_name,
            account_name=account.name,
            encryption_scope_name=Sensitivity.MODEL.value,
            source=azure.storage.EncryptionScopeSource.MICROSOFT_KEY_VAULT,
            state=azure.storage.EncryptionScopeState.ENABLED,
            key_vault_properties={"key_uri": args.key_ids[Sensitivity.MODEL]},
            require_infrastructure_encryption=True,
            # Scopes can be switched off, never deleted; they go with their account.
            opts=pulumi.ResourceOptions(parent=self, deleted_with=account),
        ).name

    def _container(
        self,
        name: str,
        zone: Zone,
        account: azure.storage.StorageAccount,
        scope: pulumi.Output[str] | None,
    ) -> pulumi.Output[str]:
        return azure.storage.BlobContainer(
            name,
            resource_group_name=self._args.resource_group_name,
            account_name=account.name,
            container_name=zone.value,
            public_access=azure.storage.PublicAccess.NONE,
            default_encryption_scope=scope,
            deny_encryption_scope_override=True if scope is not None else None,
            opts=self._child,
        ).name

    def _uploadable(self, name: str, account: azure.storage.StorageAccount) -> pulumi.Output[str]:
        args = self._args
        url = account.primary_endpoints.blob
        if args.uploader_object_id is None:
            return url
        granted = grant(
            f"{name}-uploader",
            role=Role.BLOB_CONTRIBUTOR,
            scope=account.id,
            principal_id=args.uploader_object_id,
            subscription_id=args.subscription_id,
            parent=self,
            principal_type=args.uploader_type,
        )
        return pulumi.Output.all(url, granted).apply(lambda known: str(known[0]))

    def _raw_data(self, name: str, container: pulumi.Output[str]) -> pulumi.Output[str]:
        args = self._args
        folder = pulumi.Output.concat(
            "azureml://datastores/", container, f"/paths/{self.raw_folder}/"
        )
        path = args.data_path
        if path is None:
            return folder
        source = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        if args.seal is not None:
            place = f"/{self.raw_folder}/{stored_name(path.name, args.seal)}"
            sealed = SealedObject(
                f"{name}-{args.table}",
                SealedObjectArgs(
                    uri=pulumi.Output.all(self.account_url, container).apply(
                        lambda known: f"{known[0].rstrip('/')}/{known[1]}{place}"
                    ),
                    source=str(source),
                    sha256=args.data_sha256,
                    key_id=args.key_ids[Sensitivity.SEALED],
                    context=args.seal.context,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            return pulumi.Output.all(folder, sealed.stored_uri).apply(lambda known: str(known[0]))
        file = BlobUpload(
            f"{name}-{args.table}",
            BlobUploadArgs(
                account_url=self.account_url,
                container=container,
                path=f"{self.raw_folder}/{path.name}",
                source=str(source),
                sha256=args.data_sha256,
                content_type="text/csv",
            ),
            pulumi.ResourceOptions(parent=self),
        )
        # Through the upload, so that whoever reads the folder waits for the file.
        return pulumi.Output.all(folder, file.url).apply(lambda known: str(known[0]))


def key_vault_properties(key_id: pulumi.Output[str]) -> azure.storage.KeyVaultPropertiesArgs:
    """A key's URI, ``https://VAULT/keys/NAME``, in the parts that storage wants.

    Without a version, so that storage takes up a new one by itself.
    """
    return azure.storage.KeyVaultPropertiesArgs(
        key_vault_uri=key_id.apply(lambda uri: uri.rsplit("/keys/", 1)[0]),
        key_name=key_id.apply(lambda uri: uri.rsplit("/keys/", 1)[1].split("/")[0]),
    )
