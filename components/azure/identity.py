"""The identities that jobs and endpoints run under: one per kind, each with what it touches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pulumi
import pulumi_azure_native as azure

from components.azure.lake import Zone
from components.azure.roles import Role, grant

_AUDIENCE: Final = "api://AzureADTokenExchange"
# The containers that Azure ML makes for itself, whose names are not known before: the rest of the
# account stays closed.
# https://learn.microsoft.com/azure/role-based-access-control/conditions-format
_SYSTEM_CONTAINERS: Final = (
    "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]"
    " StringStartsWith 'azureml'"
)


class JobKind(StrEnum):
    """What an identity is for."""

    PREP = "prep"
    TRAINING = "training"
    SERVING = "serving"


@dataclass(frozen=True, kw_only=True)
class CiArgs:
    """Who may run Pulumi from CI without a key."""

    issuer_uri: str
    """OpenID Connect issuer, e.g. ``https://token.actions.githubusercontent.com``."""
    repository: str
    """``owner/name``: tokens of any other repository are refused."""
    branch: str
    """Tokens of other branches are refused."""
    roles: Sequence[str]
    """Ids of the roles that CI has in the resource group."""


@dataclass(frozen=True, kw_only=True)
class Identified:
    """A managed identity, in the three ways that Azure's services name one."""

    id: pulumi.Output[str]
    """ARM id, known only after its roles are in place, so that jobs never start too early."""
    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class IdentitiesArgs:
    """What the identities may touch."""

    subscription_id: str
    resource_group_name: pulumi.Input[str]
    resource_group_id: pulumi.Input[str]
    region: str
    account_id: pulumi.Input[str]
    """The lake's storage account."""
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    sealed_key_scope: pulumi.Input[str] | None
    """ARM id of the key of sealed tables: the preparation opens with it, CI seals."""
    ci: CiArgs | None
    tags: Mapping[str, str]


class Identities(pulumi.ComponentResource):
    """A user-assigned identity for each job kind, without secrets.

    Roles are given on containers, not on the account or the group, but for those containers that
    Azure ML makes itself: there a condition on the role keeps the rest of the account closed. No
    identity of a job can touch a key, but for that of sealed tables, with which the preparation
    unwraps (the narrowest built-in role lets it wrap too, as anybody with the public key can). CI
    gets a short-lived token for one repository's one branch.
    """

    identities: Mapping[JobKind, Identified]
    ci_client_id: pulumi.Output[str] | None
    """What CI names when it signs in."""

    def __init__(
        self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Identities", name, None, opts)
        self._args = args
        places = {
            JobKind.PREP: [
                (Zone.RAW, Role.BLOB_READER),
                (Zone.PROCESSED, Role.BLOB_CONTRIBUTOR),
                (Zone.ARTEFACTS, Role.BLOB_READER),
            ],
            JobKind.TRAINING: [
                (Zone.PROCESSED, Role.BLOB_READER),
                (Zone.ARTEFACTS, Role.BLOB_CONTRIBUTOR),
            ],
            JobKind.SERVING: [(Zone.ARTEFACTS, Role.BLOB_READER)],
        }
        self.identities = {kind: self._identity(name, kind, places[kind]) for kind in JobKind}
        self.ci_client_id = self._ci(name, args.ci) if args.ci is not None else None
        self.register_outputs(
            {"client_ids": {str(k): found.client_id for k, found in self.identities.items()}}
        )

    def _identity(
        self, name: str, kind: JobKind, places: Sequence[tuple[Zone, Role]]
    ) -> Identified:
        args = self._args
        identity = self._new(f"{name}-{kind}")
        grants = [
            grant(
                f"{name}-{kind}-{zone}",
                role=role,
                scope=pulumi.Output.concat(
                    args.account_id, "/blobServices/default/containers/", args.bucket_names[zone]
                ),
                principal_id=identity.principal_id,
                subscription_id=args.subscription_id,
                parent=self,
            )
            for zone, role in places
        ]
        if kind is JobKind.PREP:
            grants += self._key_role(f"{name}-{kind}", identity.principal_id)
        if kind is not JobKind.SERVING:
            # Jobs write their logs and what lies in ./outputs themselves.
            grants.append(
                grant(
                    f"{name}-{kind}-system",
                    role=Role.BLOB_CONTRIBUTOR,
                    scope=args.account_id,
                    principal_id=identity.principal_id,
                    subscription_id=args.subscription_id,
                    condition=_SYSTEM_CONTAINERS,
                    parent=self,
                )
            )
        return Identified(
            id=pulumi.Output.all(identity.id, *grants).apply(lambda known: str(known[0])),
            client_id=identity.client_id,
            principal_id=identity.principal_id,
        )

    def _key_role(self, name: str, principal_id: pulumi.Input[str]) -> list[pulumi.Output[str]]:
        args = self._args
        if args.sealed_key_scope is None:
            return []
        return [
            grant(
                f"{name}-sealed",
                role=Role.KEY_ENCRYPTION_USER,
                scope=args.sealed_key_scope,
                principal_id=principal_id,
                subscription_id=args.subscription_id,
                parent=self,
            )
        ]

    def _new(self, name: str) -> azure.managedidentity.UserAssignedIdentity:
        return azure.managedidentity.UserAssignedIdentity(
            name,
            resource_group_name=self._args.resource_group_name,
            location=self._args.region,
            tags=dict(self._args.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _ci(self, name: str, ci: CiArgs) -> pulumi.Output[str]:
        args = self._args
        identity = self._new(f"{name}-ci")
        azure.managedidentity.FederatedIdentityCredential(
            f"{name}-ci",
            resource_group_name=args.resource_group_name,
            resource_name_=identity.name,
            federated_identity_credential_resource_name="ci",
            issuer=ci.issuer_uri,
            # A subject names repository and branch together: no other workflow's token matches.
            subject=f"repo:{ci.repository}:ref:refs/heads/{ci.branch}",
            audiences=[_AUDIENCE],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._key_role(f"{name}-ci", identity.principal_id)
        for role in ci.roles:
            grant(
                f"{name}-ci-{role.split('-', 1)[0]}",
                role=role,
                scope=args.resource_group_id,
                principal_id=identity.principal_id,
                subscription_id=args.subscription_id,
                parent=self,
            )
        return identity.client_id
