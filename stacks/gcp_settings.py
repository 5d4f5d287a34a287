"""The GCP section of the settings."""

import datetime as dt
import ipaddress
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from components.gcp.machines import Accelerator, check_machine
from stacks.account_settings import GcpAccountSettings, ProjectId
from stacks.commitment_settings import none_here
from stacks.off_hours_settings import ReplicaScaling
from stacks.section import Divergence, Email, IdleAction, Percent, Section

PLACEHOLDER_BILLING: Final = "000000-000000-000000"

BillingAccount = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{6}(-[0-9A-F]{6}){2}$")]
KeyRing = Annotated[
    str, StringConstraints(pattern=r"^projects/[^/]+/locations/[^/]+/keyRings/[^/]+$")
]


def _subnetwork(cidr: str) -> str:
    network = ipaddress.ip_network(cidr)
    if network.version != 4 or not network.is_private or not 16 <= network.prefixlen <= 28:
        raise ValueError("a subnetwork needs a private IPv4 range of /16 to /28")
    return cidr


Cidr = Annotated[str, AfterValidator(_subnetwork)]


class GcpKeySettings(Section):
    """The encryption keys, which can never be deleted, only made useless."""

    key_ring: KeyRing | None = None
    """`projects/…/keyRings/NAME` of a ring that exists; none makes one with a name of its own."""
    rotation_days: Annotated[int, Field(ge=1, le=90)] = 90
    """Days after which a key gets a new version."""


class GcpNetworkSettings(Section):
    """Whether Dataflow's workers sit in a private network of the stack's own."""

    enabled: bool = False
    """Off: the project's network `default`, still without addresses on the internet."""
    cidr: Cidr = "10.40.0.0/22"
    """Private IPv4 range of the subnetwork."""


class GcpCiSettings(Section):
    """Keyless access for CI: tokens of one repository's one branch are trusted."""

    issuer_uri: Annotated[str, StringConstraints(pattern=r"^https://")] = (
        "https://token.actions.githubusercontent.com"
    )
    """OpenID Connect issuer of the CI system."""
    repository: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    """`owner/name` of the repository."""
    branch: Annotated[str, StringConstraints(pattern=r"^[\w./-]+$")] = "main"
    """The only branch that is trusted."""
    roles: tuple[str, ...] = ("roles/viewer",)
    """What CI may do in the project; `roles/viewer` is enough for previews."""


class GcpPrepSettings(Section):
    """The Beam pipeline that prepares the table."""

    runner: Literal["DataflowRunner", "FnApiRunner", "PrismRunner", "DirectRunner"] = (
        "DataflowRunner"
    )
    """The engine; all but `DataflowRunner` run the same pipeline on the machine of `pulumi up`."""
    worker_type: str = "n1-standard-1"
    """Compute Engine type of a Dataflow worker."""
    workers: Annotated[int, Field(ge=1, le=1000)] = 4
    """The most workers at a time."""
    timeout_minutes: Annotated[int, Field(ge=5, le=2880)] = 60
    """The longest that `pulumi up` waits for the run."""


class _Machine(Section):
    machine_type: str
    accelerator_type: str | None = None
    """GPU or TPU to attach, such as `NVIDIA_TESLA_T4`; none for types that bring their own."""
    accelerator_count: Annotated[int, Field(ge=0, le=2048)] = 0
    """Number of accelerators for each machine."""

    @property
    def accelerator(self) -> Accelerator | None:
        """What is to be attached."""
        if self.accelerator_type is None:
            return None
        return Accelerator(self.accelerator_type, self.accelerator_count)

    @model_validator(mode="after")
    def _count_with_type(self) -> Self:
        if (self.accelerator_type is None) != (self.accelerator_count == 0):
            raise ValueError("accelerator_type and accelerator_count are given together")
        return self


class GcpContainerSettings(Section):
    """A training image of one's own."""

    image: Annotated[str, StringConstraints(min_length=1)]
    """Image URI."""
    command: Annotated[tuple[str, ...], Field(min_length=1)] = ("python", "train.py")
    """What runs in it; the hyper-parameters and the data's addresses are added as arguments."""


class GcpTrainingSettings(_Machine):
    """The machines of custom and tuning jobs."""

    image: str = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest"
    """Google's training image; keep its version the same as that of `serving.image`."""
    container: GcpContainerSettings | None = None
    machine_type: str = "n1-standard-4"
    """Any type that Vertex AI trains on, GPUs and TPUs included."""
    replica_count: Annotated[int, Field(ge=1, le=100)] = 1
    """Several share the rows and average their weights after each epoch."""
    disk_gb: Annotated[int, Field(ge=100, le=64000)] = 100
    """Size of each replica's disk."""
    max_runtime_minutes: Annotated[int, Field(ge=1, le=43200)] = 60
    """A job (or trial) that trains longer is stopped."""
    spot: bool | None = None
    """Train on spot machines: cheaper, may be interrupted, resumes from checkpoints; null does as
    the stack's `spot` says."""

    @model_validator(mode="after")
    def _exists(self) -> Self:
        check_machine(self.machine_type, self.accelerator, replicas=self.replica_count)
        return self


class GcpAutomlSettings(Section):
    """A search by AutoML on the raw table, whose result is shown beside the trained model's."""

    budget_node_hours: Annotated[float, Field(ge=1, le=72)] = 1
    """The most that the search may cost, in hours of a node (about 20 USD each)."""
    objective: Literal["minimize-log-loss", "maximize-au-roc", "maximize-au-prc"] | None = None
    """What is searched for; the two areas under curves are for targets of two classes. None
    leaves it to the service."""
    early_stopping: bool = True
    """End before the budget is used up once nothing improves."""
    split_column: str | None = None
    """Column with `training`, `validation` or `test`; none splits by `data`'s fractions."""


class GcpAutoscalingSettings(ReplicaScaling):
    """How the number of replicas follows the load."""

    target_cpu_percent: Percent = 60
    """Load of the processors that scaling aims at."""


class GcpReleaseSettings(Section):
    """A model that is already trained, deployed in place of the newest: what a rollback sets."""

    model_data_url: Annotated[str, StringConstraints(pattern=r"^gs://[^/]+/.+$")]
    """`gs://…/model/` of a finished training job."""
    model_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 (hex) of the model file inside."""


class GcpServingSettings(_Machine):
    """The endpoint."""

    image: str = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
    """Image of the serving container; keep its version the same as that of `training.image`."""
    machine_type: str = "n1-standard-2"
    """Any type that Vertex AI predicts on."""
    replica_count: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number without autoscaling."""
    autoscaling: GcpAutoscalingSettings | None = None
    access: Literal["shared", "dedicated", "private"] = "dedicated"
    """The region's shared address, an address of its own, or Private Service Connect only."""
    allowed_projects: tuple[ProjectId, ...] = ()
    """Projects whose networks may reach a private endpoint."""
    release: GcpReleaseSettings | None = None

    @model_validator(mode="after")
    def _exists(self) -> Self:
        check_machine(self.machine_type, self.accelerator, serving=True)
        if self.access == "private" and not self.allowed_projects:
            raise ValueError("access private needs at least one of allowed_projects")
        return self


class GcpTransferSettings(Section):
    """The raw table from AWS, where both clouds are switched on."""

    repeat: Literal["once", "daily"] = "once"
    """`up` transfers in any case when the data changed; `daily` does so every day as well."""
    date: dt.date = dt.date(2030, 1, 1)
    """First day of the schedule; of `once` the only day. Never a date that moves by itself."""


class GcpWatchSettings(Section):
    """Thresholds of the alert policies."""

    emails: tuple[Email, ...] = ()
    """Addresses that are told of alerts and of the budget."""
    max_errors_per_5_minutes: Annotated[int, Field(ge=1)] = 5
    """Answers with errors above which the alert rings."""
    max_latency_ms: Annotated[int, Field(ge=1, le=60000)] = 1000
    """99th percentile of the latency above which the alert rings."""
    max_cpu_percent: Percent = 90
    """Load of the replicas' processors above which the alert rings."""
    idle_hours: Annotated[int, Field(ge=1, le=23)] = 23
    """Hours without a request after which the endpoint is reported as idle (23 at most: the
    longest absence that Cloud Monitoring watches for is 23.5 hours)."""
    idle_action: IdleAction = "alert"
    """What follows: somebody is told, or in addition the number of replicas goes to its least,
    which autoscaling by load brings about before."""


class GcpMonitoringSettings(Section):
    """Whether the endpoint is asked for what its model was trained on."""

    skew_threshold: Divergence = 0.3
    """Jensen-Shannon divergence of a feature's requests from the raw table above which it is an
    anomaly."""
    drift_threshold: Divergence = 0.3
    """The same for the divergence from the interval before."""
    feature_thresholds: Mapping[str, Divergence] = Field(default_factory=dict)
    """Thresholds of single features, in place of both."""
    sample_percent: Annotated[float, Field(gt=0, le=100)] = 100
    """Share of the requests that is logged to BigQuery and compared."""
    interval_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """Hours between two comparisons."""
    log_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days that logged requests are kept."""


class GcpSpendSettings(Section):
    """The monthly budget."""

    billing_account: BillingAccount | None = PLACEHOLDER_BILLING
    """The account that pays; null declares no budget, for those who may not make one."""
    monthly_usd: Annotated[float, Field(gt=0)] = 100
    """The budget."""
    alert_percents: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=4)] = (
        50,
        80,
        100,
    )
    """Shares of it at which somebody is told."""


class GcpSettings(GcpAccountSettings):
    """Everything about the GCP slice."""

    keys: GcpKeySettings = GcpKeySettings()
    network: GcpNetworkSettings = GcpNetworkSettings()
    ci: GcpCiSettings | None = None
    prep: GcpPrepSettings = GcpPrepSettings()
    training: GcpTrainingSettings = GcpTrainingSettings()
    automl: GcpAutomlSettings | None = None
    serving: GcpServingSettings = GcpServingSettings()
    transfer: GcpTransferSettings = GcpTransferSettings()
    watch: GcpWatchSettings = GcpWatchSettings()
    monitoring: GcpMonitoringSettings | None = None
    spend: GcpSpendSettings = GcpSpendSettings()
    commitment: Annotated[
        None,
        BeforeValidator(
            none_here(
                "GCP has none for this: Vertex AI bills its machines itself, and Compute Engine's "
                "commitments reach them only through reservations of one zone"
            )
        ),
    ] = None
    """Only AWS has one."""

    @model_validator(mode="after")
    def _key_ring_in_region(self) -> Self:
        ring = self.keys.key_ring
        if ring is not None and ring.split("/")[3] != self.region:
            raise ValueError(
                f"keys.key_ring ({ring}) must be in region {self.region}: a key encrypts only what "
                "is in its own region"
            )
        return self

    @model_validator(mode="after")
    def _idle_action_is_possible(self) -> Self:
        if self.watch.idle_action == "scale-to-minimum" and self.serving.autoscaling is None:
            raise ValueError(
                "watch.idle_action scale-to-minimum needs serving.autoscaling, whose minimum is "
                "meant: an alert policy of Cloud Monitoring can tell somebody, not scale"
            )
        return self

    @property
    def placeholders(self) -> dict[str, tuple[str, str]]:
        """Settings that are still to be made: key to value and what belongs there."""
        found = super().placeholders
        if self.spend.billing_account == PLACEHOLDER_BILLING:
            found["spend.billing_account"] = (PLACEHOLDER_BILLING, "BILLING_ACCOUNT")
        return found
