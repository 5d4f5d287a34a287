"""What the path of a model stands on in Azure: storage, identities, workspace, machines."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.azure.access import Access
from components.azure.compute import Compute, ComputeArgs
from components.azure.foundation import Foundation, FoundationArgs
from components.azure.identity import CiArgs, Identities, IdentitiesArgs, JobKind
from components.azure.keys import Keys, KeysArgs
from components.azure.lake import Lake, LakeArgs, Zone
from components.azure.network import (
    Network,
    NetworkArgs,
    Placement,
    PrivateLinks,
    PrivateLinksArgs,
)
from components.azure.uploads import Library
from components.azure.web_service import PLAIN_PORT, PORT
from components.azure.workspace import Workspace, WorkspaceArgs
from stacks.azure_settings import AzureSettings
from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The components, in the order in which they are declared."""

    foundation: Foundation
    keys: Keys
    placement: Placement | None
    lake: Lake
    identity: Identities
    workspace: Workspace
    links: PrivateLinks | None
    library: Library
    compute: Compute

    @property
    def container_subnet_id(self) -> pulumi.Output[str] | None:
        """The containers' subnet, once what they fetch has an address in it; None: no network."""
        if self.placement is None or self.links is None:
            return None
        return pulumi.Output.all(self.placement.serving_subnet_id, self.links.ready).apply(
            lambda known: str(known[0])
        )


def declare_platform(
    name: str,
    settings: Settings,
    azure_settings: AzureSettings,
    *,
    data_sha256: str,
    uploads_data: bool,
    tags: Mapping[str, str],
    options: pulumi.ResourceOptions,
) -> Platform:
    """Declares it, the raw table's file included where it ``uploads_data``."""
    return _Builder(
        name=name,
        settings=settings,
        azure=azure_settings,
        data_sha256=data_sha256,
        uploads_data=uploads_data,
        tags=tags,
        options=options,
    ).declare()


@dataclass(kw_only=True)
class _Builder:
    name: str
    settings: Settings
    azure: AzureSettings
    data_sha256: str
    uploads_data: bool
    tags: Mapping[str, str]
    options: pulumi.ResourceOptions

    def declare(self) -> Platform:
        self.access = Access(
            is_private=self.azure.network.enabled,
            allowed_addresses=self.azure.network.allowed_addresses,
        )
        foundation = self._foundation()
        self.group = foundation.resource_group_name
        keys = self._keys()
        placement = self._network()
        lake = self._lake(keys)
        identity = self._identity(foundation, keys, lake)
        workspace = self._workspace(foundation, keys, lake, identity)
        return Platform(
            foundation=foundation,
            keys=keys,
            placement=placement,
            lake=lake,
            identity=identity,
            workspace=workspace,
            links=self._links(placement, keys, lake, workspace) if placement else None,
            library=self._library(lake, workspace),
            compute=self._compute(workspace, identity),
        )

    def _foundation(self) -> Foundation:
        return Foundation(
            self.name,
            FoundationArgs(
                region=self.azure.region,
                log_days=self.settings.retention.log_days,
                tags=self.tags,
            ),
            self.options,
        )

    def _keys(self) -> Keys:
        return Keys(
            self.name,
            KeysArgs(
                subscription_id=self.azure.subscription_id,
                tenant_id=self.azure.tenant_id,
                resource_group_name=self.group,
                region=self.azure.region,
                access=self.access,
                rotation_days=self.azure.keys.rotation_days,
                deletion_window_days=self.azure.keys.deletion_window_days,
                tags=self.tags,
                protect=self.settings.protect_data,
                seals=self.settings.seal is not None,
                uploader_object_id=self.azure.uploader_object_id,
                uploader_type=self.azure.uploader_type,
            ),
            self.options,
        )

    def _network(self) -> Placement | None:
        if not self.azure.network.enabled:
            return None
        return Network(
            self.name,
            NetworkArgs(
                resource_group_name=self.group,
                region=self.azure.region,
                cidr=self.azure.network.cidr,
                container_port=PORT if self.azure.serving.container.tls else PLAIN_PORT,
                tags=self.tags,
            ),
            self.options,
        ).placement

    def _lake(self, keys: Keys) -> Lake:
        retention = self.settings.retention
        return Lake(
            self.name,
            LakeArgs(
                subscription_id=self.azure.subscription_id,
                resource_group_name=self.group,
                region=self.azure.region,
                key_ids=keys.key_ids,
                encryption_identity_id=keys.identity_id,
                access=self.access,
                zone_redundant=self.settings.protect_data,
                uploader_object_id=self.azure.uploader_object_id,
                uploader_type=self.azure.uploader_type,
                tags=self.tags,
                retention_days={
                    Zone.RAW: retention.raw_days,
                    Zone.PROCESSED: retention.processed_days,
                    Zone.ARTEFACTS: retention.artefact_days,
                    Zone.LOGS: retention.log_days,
                },
                noncurrent_days=retention.noncurrent_days,
                table=self.settings.data.table,
                data_sha256=self.data_sha256,
                data_path=self.settings.data.path if self.uploads_data else None,
                seal=self.settings.seal,
                protect=self.settings.protect_data,
            ),
            self.options,
        )

    def _identity(self, foundation: Foundation, keys: Keys, lake: Lake) -> Identities:
        ci = self.azure.ci
        return Identities(
            self.name,
            IdentitiesArgs(
                subscription_id=self.azure.subscription_id,
                resource_group_name=self.group,
                resource_group_id=foundation.resource_group_id,
                region=self.azure.region,
                account_id=lake.account_id,
                bucket_names=lake.bucket_names,
                sealed_key_scope=keys.sealed_key_scope,
                ci=CiArgs(**ci.model_dump()) if ci is not None else None,
                tags=self.tags,
            ),
            self.options,
        )

    def _workspace(
        self, foundation: Foundation, keys: Keys, lake: Lake, identity: Identities
    ) -> Workspace:
        network = self.azure.network
        return Workspace(
            self.name,
            WorkspaceArgs(
                subscription_id=self.azure.subscription_id,
                tenant_id=self.azure.tenant_id,
                resource_group_name=self.group,
                resource_group_id=foundation.resource_group_id,
                region=self.azure.region,
                account_id=lake.account_id,
                account_name=lake.account_name,
                bucket_names=lake.bucket_names,
                application_insights_id=foundation.application_insights_id,
                keys_vault_id=keys.vault_id,
                key_versions=keys.key_versions,
                encryption_identity_id=keys.identity_id,
                encryption_identity_client_id=keys.identity_client_id,
                identities=identity.identities,
                access=self.access,
                isolation=network.isolation if network.enabled else None,
                deletion_window_days=self.azure.keys.deletion_window_days,
                tags=self.tags,
                protect=self.settings.protect_data,
            ),
            self.options,
        )

    def _links(
        self, placement: Placement, keys: Keys, lake: Lake, workspace: Workspace
    ) -> PrivateLinks:
        return PrivateLinks(
            self.name,
            PrivateLinksArgs(
                resource_group_name=self.group,
                region=self.azure.region,
                placement=placement,
                targets={
                    "keys": (keys.vault_id, "vault"),
                    "secrets": (workspace.vault_id, "vault"),
                    "blobs": (lake.account_id, "blob"),
                    "files": (lake.account_id, "file"),
                    "registry": (workspace.registry_id, "registry"),
                    "workspace": (workspace.workspace_id, "amlworkspace"),
                },
                tags=self.tags,
            ),
            self.options,
        )

    def _library(self, lake: Lake, workspace: Workspace) -> Library:
        return Library(
            resource_group_name=self.group,
            workspace_name=workspace.workspace_name,
            account_url=lake.account_url,
            container=lake.bucket_names[Zone.ARTEFACTS],
            datastores=workspace.datastores,
            tags=self.tags,
        )

    def _compute(self, workspace: Workspace, identity: Identities) -> Compute:
        training = self.azure.training
        return Compute(
            self.name,
            ComputeArgs(
                resource_group_name=self.group,
                region=self.azure.region,
                workspace_name=workspace.workspace_name,
                machine_type=training.machine_type,
                max_nodes=training.max_nodes,
                idle_seconds=training.idle_seconds,
                spot=self.settings.uses_spot("azure"),
                in_managed_network=self.azure.network.enabled,
                identity_ids=[
                    identity.identities[kind].id for kind in (JobKind.PREP, JobKind.TRAINING)
                ],
                tags=self.tags,
            ),
            self.options,
        )
