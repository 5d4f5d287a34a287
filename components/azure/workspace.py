"""The Azure ML workspace with what belongs to it: registry, vault, datastores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.access import Access
from components.azure.identity import Identified, JobKind
from components.azure.lake import Zone
from components.azure.names import global_name
from components.azure.roles import Role, grant
from components.azure.vaults import vault_name, vault_properties
from components.naming import Sensitivity
from components.tags import with_sensitivity

# azure.machinelearningservices calls a property of a resource by many types: those are named here.
ml = azure.machinelearningservices

COMPUTE_NAME: Final = "jobs"
"""The cluster's name in the workspace; also what builds images where the registry is private."""
_ZONES: Final = (Zone.RAW, Zone.PROCESSED, Zone.ARTEFACTS)
_MODES: Final = {
    "internet": ml.IsolationMode.ALLOW_INTERNET_OUTBOUND,
    "approved": ml.IsolationMode.ALLOW_ONLY_APPROVED_OUTBOUND,
}


@dataclass(frozen=True, kw_only=True)
class WorkspaceArgs:
    """What the workspace works with, and who."""

    subscription_id: str
    tenant_id: str
    resource_group_name: pulumi.Input[str]
    resource_group_id: pulumi.Input[str]
    region: str
    account_id: pulumi.Input[str]
    account_name: pulumi.Input[str]
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    application_insights_id: pulumi.Input[str]
    keys_vault_id: pulumi.Input[str]
    key_versions: Mapping[Sensitivity, pulumi.Output[str]]
    encryption_identity_id: pulumi.Input[str]
    encryption_identity_client_id: pulumi.Input[str]
    identities: Mapping[JobKind, Identified]
    access: Access
    isolation: str | None
    """What jobs and endpoints in the managed network may reach: ``internet`` or ``approved``
    destinations only; none: no managed network."""
    deletion_window_days: int = 30
    tags: Mapping[str, str]
    protect: bool = False


class Workspace(pulumi.ComponentResource):
    """A workspace that knows no secrets: identities reach the storage, the registry and each other.

    Encrypted with the stack's model key, metadata included. It has an identity of its own, with
    roles on each resource that it works with and on nothing else. The registry has no admin user.
    A deleted workspace keeps its name for two weeks: names are automatic.

    Where the stack is private, nothing here is reached from the internet, and jobs run in a managed
    network, which makes private endpoints of its own to storage, vault and registry.
    """

    workspace_name: pulumi.Output[str]
    """Known once its identities have their roles."""
    workspace_id: pulumi.Output[str]
    registry_id: pulumi.Output[str]
    vault_id: pulumi.Output[str]
    datastores: Mapping[Zone, pulumi.Output[str]]

    def __init__(
        self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Workspace", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        registry = self._registry(name)
        vault = self._vault(name)
        identity, granted = self._identity(name, registry, vault)
        workspace = self._workspace(name, registry, vault, identity, granted)
        grants = [
            self._grant(f"{name}-workspace-itself", Role.CONTRIBUTOR, workspace.id, identity),
            *self._let_jobs_in(name, workspace, registry),
        ]
        self.workspace_id = _after(grants, workspace.id)
        self.workspace_name = _after(grants, workspace.name)
        self.registry_id = registry.id
        self.vault_id = vault.id
        self.datastores = {zone: self._datastore(name, zone) for zone in _ZONES}
        self.register_outputs(
            {
                "workspace_name": self.workspace_name,
                "workspace_id": self.workspace_id,
                "registry_id": self.registry_id,
            }
        )

    def _registry(self, name: str) -> azure.containerregistry.Registry:
        args = self._args
        private: dict[str, Any] = {}
        if args.access.is_private:
            # Private endpoints and own keys come with the highest tier only.
            private = {
                "network_rule_bypass_options": "AzureServices",
                "identity": {
                    "type": azure.containerregistry.ResourceIdentityType.USER_ASSIGNED,
                    "user_assigned_identities": pulumi.Output.from_input(
                        args.encryption_identity_id
                    ).apply(lambda identity: {identity: {}}),
                },
                "encryption": {
                    "status": "enabled",
                    "key_vault_properties": {
                        "identity": args.encryption_identity_client_id,
                        "key_identifier": args.key_versions[Sensitivity.MODEL],
                    },
                },
            }
        return azure.containerregistry.Registry(
            name,
            resource_group_name=args.resource_group_name,
            location=args.region,
            registry_name=global_name(name, "", args.subscription_id, args.region, limit=50),
            sku={"name": "Premium" if args.access.is_private else "Basic"},
            admin_user_enabled=False,
            public_network_access="Disabled" if args.access.is_private else "Enabled",
            tags=with_sensitivity(args.tags, Sensitivity.MODEL),
            opts=self._child,
            **private,
        )

    def _vault(self, name: str) -> azure.keyvault.Vault:
        """For what Azure ML itself wants to keep; the stack's keys are elsewhere."""
        args = self._args
        return azure.keyvault.Vault(
            vault_name(name, "-ml"),
            resource_group_name=args.resource_group_name,
            location=args.region,
            properties=vault_properties(
                tenant_id=args.tenant_id,
                access=args.access,
                deletion_window_days=args.deletion_window_days,
            ),
            tags=with_sensitivity(args.tags, Sensitivity.OPERATIONS),
            opts=self._child,
        )

    def _identity(
        self, name: str, registry: azure.containerregistry.Registry, vault: azure.keyvault.Vault
    ) -> tuple[azure.managedidentity.UserAssignedIdentity, list[pulumi.Output[str]]]:
        # https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication
        args = self._args
        identity = azure.managedidentity.UserAssignedIdentity(
            f"{name}-workspace",
            resource_group_name=args.resource_group_name,
            location=args.region,
            tags=dict(args.tags),
            opts=self._child,
        )
        wanted: list[tuple[str, Role, pulumi.Input[str]]] = [
            ("account", Role.CONTRIBUTOR, args.account_id),
            ("blobs", Role.BLOB_CONTRIBUTOR, args.account_id),
            ("files", Role.FILE_CONTRIBUTOR, args.account_id),
            ("vault", Role.CONTRIBUTOR, vault.id),
            ("secrets", Role.KEY_VAULT_ADMINISTRATOR, vault.id),
            ("registry", Role.CONTRIBUTOR, registry.id),
            ("insights", Role.CONTRIBUTOR, args.application_insights_id),
        ]
        if args.isolation is not None:
            # The managed network's endpoints wait for somebody to approve of them.
            wanted.append(("approver", Role.NETWORK_APPROVER, args.resource_group_id))
        return identity, [
            self._grant(f"{name}-workspace-{what}", role, scope, identity)
            for what, role, scope in wanted
        ]

    def _grant(
        self,
        name: str,
        role: Role,
        scope: pulumi.Input[str],
        identity: azure.managedidentity.UserAssignedIdentity | Identified,
    ) -> pulumi.Output[str]:
        return grant(
            name,
            role=role,
            scope=scope,
            principal_id=identity.principal_id,
            subscription_id=self._args.subscription_id,
            parent=self,
        )

    def _workspace(
        self,
        name: str,
        registry: azure.containerregistry.Registry,
        vault: azure.keyvault.Vault,
        identity: azure.managedidentity.UserAssignedIdentity,
        granted: list[pulumi.Output[str]],
    ) -> azure.machinelearningservices.Workspace:
        args = self._args
        # Known only with its roles: a workspace without them fails half-way.
        own = _after(granted, identity.id)
        network: dict[str, Any] = {}
        if args.isolation is not None:
            network = {
                "managed_network": {"isolation_mode": _MODES[args.isolation]},
                "image_build_compute": COMPUTE_NAME,
            }
        return ml.Workspace(
            name,
            resource_group_name=args.resource_group_name,
            location=args.region,
            friendly_name=name,
            kind="Default",
            sku={"name": "Basic", "tier": ml.SkuTier.BASIC},
            identity={
                "type": ml.ManagedServiceIdentityType.USER_ASSIGNED,
                "user_assigned_identities": [own, args.encryption_identity_id],
            },
            primary_user_assigned_identity=own,
            storage_account=args.account_id,
            key_vault=vault.id,
            application_insights=args.application_insights_id,
            container_registry=registry.id,
            encryption={
                "status": ml.EncryptionStatus.ENABLED,
                "identity": {"user_assigned_identity": args.encryption_identity_id},
                "key_vault_properties": {
                    "key_vault_arm_id": args.keys_vault_id,
                    # The workspace stays with one version until it is told of another.
                    "key_identifier": args.key_versions[Sensitivity.MODEL],
                },
            },
            # Metadata in Microsoft's own encrypted stores, not in resources beside the stack's.
            enable_service_side_cmk_encryption=True,
            public_network_access="Disabled" if args.access.is_private else "Enabled",
            # Account keys are switched off.
            system_datastores_auth_mode=ml.SystemDatastoresAuthMode.IDENTITY,
            v1_legacy_mode=False,
            tags=with_sensitivity(args.tags, Sensitivity.MODEL),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            **network,
        )

    def _let_jobs_in(
        self,
        name: str,
        workspace: azure.machinelearningservices.Workspace,
        registry: azure.containerregistry.Registry,
    ) -> list[pulumi.Output[str]]:
        identities = self._args.identities
        serving = identities[JobKind.SERVING]
        return [
            *(
                self._grant(f"{name}-{kind}-images", Role.REGISTRY_PULL, registry.id, identity)
                for kind, identity in identities.items()
            ),
            self._grant(f"{name}-serving-metrics", Role.ML_METRICS_WRITER, workspace.id, serving),
        ]

    def _datastore(self, name: str, zone: Zone) -> pulumi.Output[str]:
        args = self._args
        return ml.Datastore(
            f"{name}-{zone}",
            resource_group_name=args.resource_group_name,
            workspace_name=self.workspace_name,
            name=zone.value,
            # The roles that it would be checked with take minutes to reach the storage.
            skip_validation=True,
            properties=ml.AzureBlobDatastoreArgs(
                datastore_type="AzureBlob",
                account_name=args.account_name,
                container_name=args.bucket_names[zone],
                protocol="https",
                subscription_id=args.subscription_id,
                resource_group=args.resource_group_name,
                credentials=ml.NoneDatastoreCredentialsArgs(credentials_type="None"),
                service_data_access_auth_identity=(
                    ml.ServiceDataAccessAuthIdentity.WORKSPACE_USER_ASSIGNED_IDENTITY
                ),
            ),
            opts=self._child,
        ).name


def _after(grants: list[pulumi.Output[str]], value: pulumi.Output[str]) -> pulumi.Output[str]:
    return pulumi.Output.all(value, *grants).apply(lambda known: str(known[0]))
