"""The Azure section of the settings."""

import datetime as dt
import ipaddress
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from components.azure.machines import check_machine
from stacks.account_settings import AzureAccountSettings, Guid
from stacks.commitment_settings import none_here
from stacks.off_hours_settings import ReplicaScaling
from stacks.section import Day, Email, IdleAction, Percent, Section

# The tags of Azure ML's own images are the versions of its environments, counted up with each
# release; https://github.com/Azure/azureml-assets has what is in them.
MICROSOFT_IMAGE: Final = "mcr.microsoft.com/azureml/curated/mlflow-py312-inference:latest"
# What Log Analytics looks back for; between six hours and a day there is nothing.
_IDLE_HOURS: Final = (1, 2, 3, 4, 5, 6, 24, 48)
_CRON_FIELDS: Final = 5


def _network(cidr: str) -> str:
    network = ipaddress.ip_network(cidr)
    if network.version != 4 or not network.is_private or not 16 <= network.prefixlen <= 26:
        raise ValueError("a network needs a private IPv4 range of /16 to /26")
    return cidr


def _public(address: str) -> str:
    network = ipaddress.ip_network(address)
    if network.version != 4 or network.is_private or network.prefixlen == 31:
        raise ValueError("must be a public IPv4 address, or a range of /30 and larger")
    return address.removesuffix("/32")


def _cron(text: str) -> str:
    if len(text.split()) != _CRON_FIELDS:
        raise ValueError(
            "a schedule has five fields: minute, hour, day of month, month, day of week, such as "
            "'0 3 * * 1'"
        )
    return text


Cidr = Annotated[str, AfterValidator(_network)]
PublicAddress = Annotated[str, AfterValidator(_public)]


class AzureKeySettings(Section):
    """The encryption keys, whose vault cannot be deleted for good before its time."""

    rotation_days: Annotated[int, Field(ge=7, le=730)] = 90
    """Days after which a key gets a new version."""
    deletion_window_days: Annotated[int, Field(ge=7, le=90)] = 30
    """Days for which a deleted vault can be called back, and keeps its name."""


class AzureNetworkSettings(Section):
    """Whether the slice's resources have private addresses only."""

    enabled: bool = False
    """Off: reached over the internet, by those who show an identity with a role."""
    cidr: Cidr = "10.60.0.0/24"
    """Private IPv4 range; half of it for private endpoints, half for container groups."""
    isolation: Literal["internet", "approved"] = "approved"
    """What jobs and online endpoints in the managed network may reach."""
    allowed_addresses: tuple[PublicAddress, ...] = ()
    """Public addresses of machines that run Pulumi from outside the network."""


class AzureCiSettings(Section):
    """Keyless access for CI: tokens of one repository's one branch are trusted."""

    issuer_uri: Annotated[str, StringConstraints(pattern=r"^https://")] = (
        "https://token.actions.githubusercontent.com"
    )
    """OpenID Connect issuer of the CI system."""
    repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    """`owner/name` of the repository."""
    branch: Annotated[str, StringConstraints(pattern=r"^[\w./-]+$")] = "main"
    """The only branch that is trusted."""
    roles: tuple[Guid, ...] = ("acdd72a7-3385-48ef-bd42-f606fba81ae7",)
    """Ids of the roles that CI has in the resource group; Reader is enough for previews."""


class AzurePrepSettings(Section):
    """The command job that prepares the table, on the machines of `training`."""

    timeout_minutes: Annotated[int, Field(ge=5, le=2880)] = 60
    """The longest that the job runs, and that `pulumi up` waits for it."""


class AzureTrainingSettings(Section):
    """The machines of all jobs."""

    image: Annotated[str, StringConstraints(min_length=1)] = MICROSOFT_IMAGE
    """Image of preparation and training; keep its version the same as that of `serving.image`.
    Name a version, better a digest (`…@sha256:…`): stacks with a private network are not updated
    with an image that changes under its tag."""
    machine_type: str = "Standard_DS3_v2"
    """Any VM size that Azure ML trains on, GPU sizes included."""
    max_nodes: Annotated[int, Field(ge=1, le=1000)] = 2
    """The most machines at a time; without work there are none."""
    idle_seconds: Annotated[int, Field(ge=60, le=86400)] = 300
    """A machine without work for so long is given back."""
    max_runtime_minutes: Annotated[int, Field(ge=1, le=43200)] = 60
    """A job (or trial) that trains longer is stopped."""
    spot: bool | None = None
    """Train on low-priority machines: cheaper, may be interrupted; null does as the stack's `spot`
    says."""
    automl_trials: Annotated[int, Field(ge=0, le=1000)] = 0
    """Trials of an AutoML job that the model is compared with; 0: no such job."""
    retraining_schedule: Annotated[str, AfterValidator(_cron)] | None = None
    """When to train again by itself (cron, in UTC); the model is kept, not deployed."""

    @field_validator("machine_type")
    @classmethod
    def _exists(cls, value: str) -> str:
        check_machine(value)
        return value


class AzureAutoscalingSettings(ReplicaScaling):
    """How the number of instances follows the load."""

    target_cpu_percent: Percent = 60
    """Load of the processors that scaling aims at."""


class AzureReleaseSettings(Section):
    """A model that is already trained, deployed in place of the newest: what a rollback sets."""

    model_data_url: Annotated[
        str,
        StringConstraints(pattern=r"^https://[^/]+(/[^/]+)?/artefacts/training/[^/]+/.+\.pkl$"),
    ]
    """`https://…/artefacts/training/JOB/outputs/model.pkl` of a finished job."""
    model_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 (hex) of the model file."""


class AzureContainerSettings(Section):
    """The web service in a container group."""

    cpu: Annotated[float, Field(ge=0.25, le=4)] = 1
    """Processors."""
    memory_gb: Annotated[float, Field(ge=0.5, le=16)] = 1
    """Memory."""
    tls: bool = True
    """Off only in a private network behind something that ends TLS itself."""
    key_rotation: str = "1"
    """Any text: another one makes new keys and a new certificate."""


class AzureServingSettings(Section):
    """How the model answers."""

    targets: Annotated[
        tuple[Literal["container", "endpoint"], ...], Field(min_length=1, max_length=2)
    ] = ("container", "endpoint")
    """The web service in a container group, the managed online endpoint, or both."""
    image: Annotated[str, StringConstraints(min_length=1)] = MICROSOFT_IMAGE
    """Image of both; keep its version the same as that of `training.image`, which see."""
    machine_type: str = "Standard_DS2_v2"
    """Any VM size that online endpoints run on."""
    replica_count: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of the endpoint's instances without autoscaling."""
    autoscaling: AzureAutoscalingSettings | None = None
    authentication: Literal["key", "entra"] = "key"
    """What clients of the endpoint show: a key, or a token of an Entra identity with a role."""
    request_timeout_seconds: Annotated[int, Field(ge=1, le=180)] = 5
    """The longest that the endpoint lets a request take."""
    max_concurrent_requests: Annotated[int, Field(ge=1, le=1000)] = 4
    """That one instance works on at a time; more are refused with 429."""
    container: AzureContainerSettings = AzureContainerSettings()
    release: AzureReleaseSettings | None = None

    @field_validator("machine_type")
    @classmethod
    def _exists(cls, value: str) -> str:
        check_machine(value, serving=True)
        return value


class AzureWatchSettings(Section):
    """Thresholds of the alerts."""

    emails: tuple[Email, ...] = ()
    """Addresses that are told of alerts and of the budget."""
    max_errors_per_5_minutes: Annotated[int, Field(ge=1)] = 5
    """Answers with errors above which the alert rings."""
    max_latency_ms: Annotated[int, Field(ge=1, le=180000)] = 1000
    """99th percentile of the latency above which the alert rings."""
    max_cpu_percent: Percent = 90
    """Load of the instances' processors above which the alert rings."""
    idle_hours: int = 24
    """Hours without a request after which the endpoint is reported as idle: 1 to 6, 24 or 48 (the
    spans that a log alert looks back for)."""
    idle_action: IdleAction = "alert"
    """What follows: somebody is told, or in addition the number of instances goes to its least,
    which autoscaling by load brings about before."""

    @field_validator("idle_hours")
    @classmethod
    def _possible(cls, value: int) -> int:
        if value not in _IDLE_HOURS:
            raise ValueError(f"must be one of {', '.join(map(str, _IDLE_HOURS))}")
        return value


class AzureSpendSettings(Section):
    """The monthly budget."""

    start_date: Day | None = None
    """First day of the month that the budget begins with, not in the past when it is made; later
    changes are ignored. Null declares no budget, for those who may not make one."""
    monthly_usd: Annotated[float, Field(gt=0)] = 100
    """The budget, in the subscription's currency."""
    alert_percents: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=4)] = (
        50,
        80,
        100,
    )
    """Shares of it at which somebody is told."""

    @field_validator("start_date")
    @classmethod
    def _first_of_month(cls, value: dt.date | None) -> dt.date | None:
        if value is not None and value.day != 1:
            raise ValueError(f"a budget begins on the first of a month: {value.replace(day=1)}")
        return value


class AzureSettings(AzureAccountSettings):
    """Everything about the Azure slice."""

    uploader_object_id: Guid | None = None
    """Entra object id of who runs `pulumi up`: gets the right to upload to the lake. Null: has it
    already, for instance through a group."""
    uploader_type: Literal["User", "Group", "ServicePrincipal"] = "User"
    """What that is; `ServicePrincipal` for a managed identity too."""
    keys: AzureKeySettings = AzureKeySettings()
    network: AzureNetworkSettings = AzureNetworkSettings()
    ci: AzureCiSettings | None = None
    prep: AzurePrepSettings = AzurePrepSettings()
    training: AzureTrainingSettings = AzureTrainingSettings()
    serving: AzureServingSettings = AzureServingSettings()
    watch: AzureWatchSettings = AzureWatchSettings()
    spend: AzureSpendSettings = AzureSpendSettings()
    commitment: Annotated[
        None,
        BeforeValidator(
            none_here(
                "Azure has none here: azure-native declares neither reservations nor savings "
                "plans; buy one in the portal, for the subscription's scope, and it covers the "
                "machines of Azure ML"
            )
        ),
    ] = None
    """Only AWS has one."""

    @model_validator(mode="after")
    def _keys_never_travel_in_clear(self) -> Self:
        serving = self.serving
        public = not self.network.enabled
        if "container" in serving.targets and not serving.container.tls and public:
            raise ValueError(
                "serving.container.tls must be on for a container with a public address: its key "
                "would travel in clear"
            )
        return self

    @model_validator(mode="after")
    def _idle_action_is_possible(self) -> Self:
        scales = self.serving.autoscaling is not None and "endpoint" in self.serving.targets
        if self.watch.idle_action == "scale-to-minimum" and not scales:
            raise ValueError(
                "watch.idle_action scale-to-minimum needs serving.autoscaling and the target "
                "endpoint: a container group has one size, and an alert of Azure Monitor can tell "
                "somebody, not scale"
            )
        return self

    @property
    def placeholders(self) -> dict[str, tuple[str, str]]:
        """Settings that are still to be made: key to value and what belongs there."""
        found = super().placeholders
        if self.network.enabled:
            # A run is named from its image: one that changes in silence would be another run.
            images = {"training.image": self.training.image, "serving.image": self.serving.image}
            found |= {
                name: (image, f"{image.removesuffix(':latest')}:VERSION")
                for name, image in images.items()
                if _changes(image)
            }
        return found


def _changes(image: str) -> bool:
    """Whether an image has neither a digest nor a tag of its own."""
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return "@" not in image and (not colon or tag == "latest")
