"""What exists once per account, project or subscription: the settings of all stacks that may
declare it, and the sections of a stack that declares nothing else.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from components.aws.regions import check_region
from stacks.common_settings import CommonSettings, as_switch
from stacks.section import Section

PLACEHOLDER_ACCOUNT: Final = "000000000000"
"""No AWS account has this id: it stands in previews for the one that is not configured yet."""
PLACEHOLDER_PROJECT: Final = "placeholder-project"
"""Stands in previews for the project that is not configured yet."""
PLACEHOLDER_NUMBER: Final = "000000000000"
PLACEHOLDER_ID: Final = "00000000-0000-0000-0000-000000000000"
"""Stands in previews for the subscription and the tenant that are not configured yet."""

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
AwsRegion = Annotated[str, AfterValidator(check_region)]
ProjectId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
ProjectNumber = Annotated[str, StringConstraints(pattern=r"^\d{6,20}$")]
GcpRegion = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)+\d+$")]
Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
AzureRegion = Annotated[str, StringConstraints(pattern=r"^[a-z]+[a-z0-9]*$")]
# https://learn.microsoft.com/rest/api/defenderforcloud/pricings/list
DefenderPlan = Literal[
    "AI",
    "Arm",
    "CloudPosture",
    "Containers",
    "KeyVaults",
    "StorageAccounts",
    "VirtualMachines",
]


def _once(wanted: bool, managed: bool, *, key: str, flag: str, where: str) -> None:
    if wanted and not managed:
        raise ValueError(
            f"{key} exists once per {where}: leave it to the stack that manages the {where} "
            f"(Pulumi.account.yaml), or set {flag} here and in no other stack"
        )


class AwsAccountSettings(Section):
    """What exists once per AWS account."""

    account_id: AccountId = PLACEHOLDER_ACCOUNT
    """The account; a login to another one is refused."""
    region: AwsRegion = "us-east-1"
    """The region of everything."""
    manages_account: bool = False
    """This stack declares what exists once per account: catalogue encryption, shared log groups."""
    threat_detection: bool = False
    """GuardDuty, which also looks at who reads and writes objects; needs `manages_account`."""
    recorder: bool = False
    """AWS Config: each change of a resource, and rules for what ML platforms are made of; needs
    `manages_account`."""

    @model_validator(mode="after")
    def _once_per_account(self) -> Self:
        for key in ("threat_detection", "recorder"):
            _once(
                getattr(self, key),
                self.manages_account,
                key=key,
                flag="manages_account",
                where="account",
            )
        return self

    @property
    def placeholders(self) -> dict[str, tuple[str, str]]:
        """Settings that are still to be made: key to value and what belongs there."""
        if self.account_id != PLACEHOLDER_ACCOUNT:
            return {}
        return {"account_id": (PLACEHOLDER_ACCOUNT, "ACCOUNT_ID")}


class GcpAccountSettings(Section):
    """What exists once per GCP project."""

    project_id: ProjectId = PLACEHOLDER_PROJECT
    """The project that everything is in."""
    project_number: ProjectNumber = PLACEHOLDER_NUMBER
    """Its number: `gcloud projects describe PROJECT --format='value(projectNumber)'`."""
    region: GcpRegion = "us-central1"
    """The region of everything."""
    manages_project: bool = False
    """This stack declares what exists once per project: the data access audit log."""
    security_command_center: bool = False
    """What Security Command Center looks for in the project beside its own rules: open buckets,
    buckets without a key of yours, keys that are rotated too seldom. Its Premium tier must be
    active; needs `manages_project`."""

    @model_validator(mode="after")
    def _once_per_project(self) -> Self:
        _once(
            self.security_command_center,
            self.manages_project,
            key="security_command_center",
            flag="manages_project",
            where="project",
        )
        return self

    @property
    def placeholders(self) -> dict[str, tuple[str, str]]:
        """Settings that are still to be made: key to value and what belongs there."""
        found = {}
        if self.project_id == PLACEHOLDER_PROJECT:
            found["project_id"] = (self.project_id, "PROJECT_ID")
        if self.project_number == PLACEHOLDER_NUMBER:
            found["project_number"] = (self.project_number, "PROJECT_NUMBER")
        return found


class AzureAccountSettings(Section):
    """What exists once per Azure subscription."""

    subscription_id: Guid = PLACEHOLDER_ID
    """The subscription that everything is in."""
    tenant_id: Guid = PLACEHOLDER_ID
    """The Entra tenant that its identities are in."""
    region: AzureRegion = "eastus"
    """The region of everything."""
    manages_subscription: bool = False
    """This stack declares what exists once per subscription: the export of its activity log."""
    policies: tuple[Literal["benchmark", "gdpr", "hipaa", "machine-learning"], ...] = ()
    """Built-in initiatives and policies that Azure audits the subscription by, none of which
    refuses or changes anything; needs `manages_subscription`."""
    defender: Mapping[DefenderPlan, Literal["Free", "Standard"]] = Field(default_factory=dict)
    """Plans of Microsoft Defender for Cloud: `Standard` is on and paid by what it covers, `Free`
    off. A plan that is taken out of here stays as it is; needs `manages_subscription`."""

    @model_validator(mode="after")
    def _once_per_subscription(self) -> Self:
        for key in ("policies", "defender"):
            _once(
                bool(getattr(self, key)),
                self.manages_subscription,
                key=key,
                flag="manages_subscription",
                where="subscription",
            )
        if len(set(self.policies)) != len(self.policies):
            raise ValueError("policies names one of them twice")
        return self

    @property
    def placeholders(self) -> dict[str, tuple[str, str]]:
        """Settings that are still to be made: key to value and what belongs there."""
        wanted = {
            "subscription_id": (self.subscription_id, "SUBSCRIPTION_ID"),
            "tenant_id": (self.tenant_id, "TENANT_ID"),
        }
        return {name: pair for name, pair in wanted.items() if pair[0] == PLACEHOLDER_ID}


class AccountSettings(CommonSettings):
    """All settings of a stack that declares only what exists once per account."""

    platform: Annotated[Literal[False], BeforeValidator(as_switch)]
    """Off: no lake, no model, no endpoint."""
    aws: AwsAccountSettings | None = None
    gcp: GcpAccountSettings | None = None
    azure: AzureAccountSettings | None = None

    @model_validator(mode="after")
    def _manages_what_it_names(self) -> Self:
        flags = {
            "aws": "manages_account",
            "gcp": "manages_project",
            "azure": "manages_subscription",
        }
        for cloud in self.clouds:
            if not getattr(getattr(self, cloud), flags[cloud]):
                raise ValueError(
                    f"{cloud}.{flags[cloud]} must be on: with platform off there is nothing else "
                    f"to declare in {cloud}"
                )
        return self
