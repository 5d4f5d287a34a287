"""The accounts that jobs and endpoints run under: one per kind, each with only what it touches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pulumi
import pulumi_gcp as gcp

from components.gcp.lake import Zone
from components.gcp.project import Agent
from components.naming import content_name

_ACCOUNT_ID_LIMIT: Final = 30
_READ: Final = "roles/storage.objectViewer"
_WRITE: Final = "roles/storage.objectUser"
_READ_BUCKET: Final = "roles/storage.legacyBucketReader"
_LOG: Final = "roles/logging.logWriter"
_METRICS: Final = "roles/monitoring.metricWriter"
_OPEN: Final = "roles/cloudkms.cryptoKeyDecrypter"
_SEAL: Final = "roles/cloudkms.cryptoKeyEncrypter"


class JobKind(StrEnum):
    """What an account is for."""

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
    """What CI may do in the project."""


@dataclass(frozen=True, kw_only=True)
class ServiceAccountsArgs:
    """What the accounts may touch."""

    project_id: str
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    agents: Mapping[Agent, pulumi.Input[str]]
    sealed_key_id: pulumi.Input[str] | None
    """The key of sealed tables: the preparation opens with it, CI seals."""
    ci: CiArgs | None
    tags: Mapping[str, str]


class ServiceAccounts(pulumi.ComponentResource):
    """A service account for each job kind, without keys.

    Roles are granted on buckets, not on the project, but for those that know no smaller resource
    (writing logs and metrics, being a Dataflow worker). No account can touch a key, since the
    bucket's service encrypts, but for that of sealed tables, with which the preparation decrypts.
    Jobs get their account from the service's agent, which may act as it and as no other; CI gets a
    short-lived token for one repository's one branch.
    """

    account_emails: Mapping[JobKind, pulumi.Output[str]]
    """Known only after the account's roles are in place, so that jobs never start too early."""
    ci_provider: pulumi.Output[str] | None
    """Name of the workload identity provider that CI names."""
    ci_email: pulumi.Output[str] | None

    def __init__(
        self, name: str, args: ServiceAccountsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:ServiceAccounts", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        places = {
            JobKind.PREP: [
                (Zone.RAW, _READ),
                (Zone.RAW, _READ_BUCKET),
                (Zone.PROCESSED, _WRITE),
                (Zone.PROCESSED, _READ_BUCKET),
                # Beam stages its code and keeps unfinished files here.
                (Zone.ARTEFACTS, _WRITE),
                (Zone.ARTEFACTS, _READ_BUCKET),
            ],
            JobKind.TRAINING: [
                (Zone.PROCESSED, _READ),
                (Zone.ARTEFACTS, _WRITE),
                (Zone.ARTEFACTS, _READ_BUCKET),
            ],
            JobKind.SERVING: [(Zone.ARTEFACTS, _READ)],
        }
        project_roles = {
            JobKind.PREP: ["roles/dataflow.worker", _LOG, _METRICS],
            JobKind.TRAINING: [_LOG, _METRICS],
            JobKind.SERVING: [_LOG, _METRICS],
        }
        used_by = {
            JobKind.PREP: [Agent.DATAFLOW, Agent.COMPUTE],
            JobKind.TRAINING: [Agent.VERTEX],
            JobKind.SERVING: [Agent.VERTEX],
        }
        self.account_emails = {
            kind: self._account(name, kind, places[kind], project_roles[kind], used_by[kind])
            for kind in JobKind
        }
        self.ci_provider, self.ci_email = None, None
        if args.ci is not None:
            self.ci_provider, self.ci_email = self._ci(name, args.ci)
        self.register_outputs(
            {"account_emails": {str(k): email for k, email in self.account_emails.items()}}
        )

    def _account(
        self,
        name: str,
        kind: JobKind,
        places: Sequence[tuple[Zone, str]],
        project_roles: Sequence[str],
        used_by: Sequence[Agent],
    ) -> pulumi.Output[str]:
        account = self._new(f"{name}-{kind}", f"{name}: {kind} jobs")
        grants: list[pulumi.Output[str]] = [
            gcp.storage.BucketIAMMember(
                f"{name}-{kind}-{zone}-{role.rsplit('.', 1)[-1].lower()}",
                bucket=self._args.bucket_names[zone],
                role=role,
                member=account.member,
                opts=self._child,
            ).id
            for zone, role in places
        ]
        grants += self._project_roles(f"{name}-{kind}", account.member, project_roles)
        if kind is JobKind.PREP:
            grants += self._key_role(f"{name}-{kind}", account.member, _OPEN)
        grants += [
            gcp.serviceaccount.IAMMember(
                f"{name}-{kind}-{agent}",
                service_account_id=account.name,
                role="roles/iam.serviceAccountUser"
                if agent is Agent.VERTEX
                else "roles/iam.serviceAccountTokenCreator",
                member=self._args.agents[agent],
                opts=self._child,
            ).id
            for agent in used_by
        ]
        return pulumi.Output.all(account.email, *grants).apply(lambda known: str(known[0]))

    def _new(self, name: str, display_name: str) -> gcp.serviceaccount.Account:
        # Ids have at most 30 characters, and a deleted one's can be used again.
        account_id = name if len(name) <= _ACCOUNT_ID_LIMIT else ""
        return gcp.serviceaccount.Account(
            name,
            project=self._args.project_id,
            account_id=account_id or content_name(name, {"name": name}, limit=_ACCOUNT_ID_LIMIT),
            display_name=display_name,
            opts=self._child,
        )

    def _project_roles(
        self, name: str, member: pulumi.Input[str], roles: Sequence[str]
    ) -> list[pulumi.Output[str]]:
        return [
            gcp.projects.IAMMember(
                f"{name}-{role.removeprefix('roles/').replace('.', '-').lower()}",
                project=self._args.project_id,
                role=role,
                member=member,
                opts=self._child,
            ).id
            for role in roles
        ]

    def _key_role(
        self, name: str, member: pulumi.Input[str], role: str
    ) -> list[pulumi.Output[str]]:
        if self._args.sealed_key_id is None:
            return []
        granted = gcp.kms.CryptoKeyIAMMember(
            f"{name}-sealed",
            crypto_key_id=self._args.sealed_key_id,
            role=role,
            member=member,
            opts=self._child,
        )
        return [granted.id]

    def _ci(self, name: str, ci: CiArgs) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Trust in one repository's branch; https://cloud.google.com/iam/docs/workload-identity-federation"""
        project = self._args.project_id
        account = self._new(f"{name}-ci", f"{name}: Pulumi from {ci.repository}")
        # A deleted pool's id stays taken for 30 days. The account's number is new with every
        # account, so that a stack that was destroyed can come up again; another trust is another
        # pool, too.
        pool_id = account.unique_id.apply(
            lambda number: content_name(
                f"{name}-ci", {"issuer": ci.issuer_uri, "account": number}, limit=32
            )
        )
        pool = gcp.iam.WorkloadIdentityPool(
            f"{name}-ci",
            project=project,
            workload_identity_pool_id=pool_id,
            display_name="CI",
            opts=self._child,
        )
        provider = gcp.iam.WorkloadIdentityPoolProvider(
            f"{name}-ci",
            project=project,
            workload_identity_pool_id=pool.workload_identity_pool_id,
            workload_identity_pool_provider_id="oidc",
            display_name="OpenID Connect",
            attribute_mapping={
                "google.subject": "assertion.sub",
                "attribute.repository": "assertion.repository",
                "attribute.ref": "assertion.ref",
            },
            attribute_condition=(
                f'assertion.repository == "{ci.repository}" && '
                f'assertion.ref == "refs/heads/{ci.branch}"'
            ),
            oidc={"issuer_uri": ci.issuer_uri},
            opts=self._child,
        )
        self._project_roles(f"{name}-ci", account.member, ci.roles)
        self._key_role(f"{name}-ci", account.member, _SEAL)
        gcp.serviceaccount.IAMMember(
            f"{name}-ci-federation",
            service_account_id=account.name,
            role="roles/iam.workloadIdentityUser",
            member=pulumi.Output.concat(
                "principalSet://iam.googleapis.com/",
                pool.name,
                f"/attribute.repository/{ci.repository}",
            ),
            opts=self._child,
        )
        return provider.name, account.email
