"""The AWS section of the settings."""

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from components.aws.instances import check_hosting_type, check_training_type
from components.packaging import ROOT
from stacks.account_settings import AwsAccountSettings
from stacks.commitment_settings import AwsCommitmentSettings
from stacks.section import Divergence, Email, IdleAction, Percent, Section


def _network_of_two_subnets(cidr: str) -> str:
    network = ipaddress.ip_network(cidr)
    if network.version != 4 or not network.is_private or not 16 <= network.prefixlen <= 26:
        raise ValueError("a VPC needs a private IPv4 range of /16 to /26, such as 10.20.0.0/20")
    return cidr


Cidr = Annotated[str, AfterValidator(_network_of_two_subnets)]
TrainingType = Annotated[str, AfterValidator(check_training_type)]
HostingType = Annotated[str, AfterValidator(check_hosting_type)]


class AwsNetworkSettings(Section):
    """Whether jobs, models and endpoints sit in a private network of the stack's own."""

    enabled: bool = False
    """Off: jobs run in the service's own network."""
    cidr: Cidr = "10.20.0.0/20"
    """Private IPv4 range of the VPC, /16 to /26; half of it in each of two zones."""


def _is_there(path: str) -> str:
    if not (ROOT / path).is_file():
        raise ValueError(f"{path} does not exist: give a path below the project")
    return path


Wheel = Annotated[str, StringConstraints(pattern=r"\.whl$"), AfterValidator(_is_there)]


class AwsPrepSettings(Section):
    """The Glue job that prepares the table."""

    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = "G.1X"
    """Size of a Glue worker."""
    workers: Annotated[int, Field(ge=2, le=100)] = 2
    """Number of workers; 2 is the least that Glue takes."""
    timeout_minutes: Annotated[int, Field(ge=5, le=2880)] = 30
    """A run that takes longer is stopped."""
    crawl_schedule: str | None = None
    """AWS cron expression of the crawler that reports schema changes; none runs it by hand."""
    wheels: tuple[Wheel, ...] = ()
    """Wheels of `cryptography` and `cffi` for Python 3.11 on x86-64, paths below the project: what
    Glue opens a sealed table with in a private network. Elsewhere it installs them itself."""


class AwsSpotSettings(Section):
    """Managed spot training: cheaper, may be interrupted, resumes from checkpoints."""

    enabled: bool | None = None
    """Train on spot capacity; null does as the stack's `spot` says."""
    max_wait_minutes: Annotated[int, Field(ge=1, le=40320)] = 120
    """Longest wait for capacity, the run included."""


class AwsTrainingSettings(Section):
    """The machines of training and tuning jobs."""

    image_tag: str = "1.9-0-cpu-py3"
    """Tag of the AWS scikit-learn image, used for training and serving alike."""
    instance_type: TrainingType = "ml.m5.large"
    """Any type that SageMaker trains on, GPUs included."""
    instance_count: Annotated[int, Field(ge=1, le=100)] = 1
    """Several share the rows and average their weights after each epoch."""
    volume_gb: Annotated[int, Field(ge=1, le=16384)] = 10
    """Size of each instance's volume."""
    max_runtime_minutes: Annotated[int, Field(ge=1, le=40320)] = 60
    """A job that trains longer is stopped."""
    spot: AwsSpotSettings = AwsSpotSettings()

    @property
    def waits_long_enough(self) -> bool:
        """Whether a run on spot capacity may take as long as any other; the wait includes it."""
        return self.spot.max_wait_minutes >= self.max_runtime_minutes


class ServerlessSettings(Section):
    """A serverless variant: no instances, pays per request, sleeps when idle."""

    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 2048
    """Memory, and processor in proportion."""
    max_concurrency: Annotated[int, Field(ge=1, le=200)] = 5
    """Requests at a time; more are refused."""


class InstanceBounds(Section):
    """Bounds of the number of instances in off-hours."""

    min_instances: Annotated[int, Field(ge=1, le=1000)] = 1
    """Least number; an endpoint with instances cannot go to 0."""
    max_instances: Annotated[int, Field(ge=1, le=1000)] = 1
    """Greatest number."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_instances > self.max_instances:
            raise ValueError("min_instances must not exceed max_instances")
        return self


class AutoscalingSettings(Section):
    """How the number of instances follows the load."""

    min_instances: Annotated[int, Field(ge=1, le=1000)] = 1
    """Least number; an endpoint with instances cannot go to 0."""
    max_instances: Annotated[int, Field(ge=1, le=1000)] = 2
    """Greatest number."""
    invocations_per_instance: Annotated[float, Field(gt=0)] = 1000
    """Requests per minute that one instance should answer."""
    off_hours: InstanceBounds | None = None
    """In the stack's `off_hours`; null: from 1 to `min_instances`."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_instances > self.max_instances:
            raise ValueError("min_instances must not exceed max_instances")
        return self


class ReleaseSettings(Section):
    """A model that is already trained, deployed in place of the newest: what a rollback sets."""

    model_data_url: Annotated[str, StringConstraints(pattern=r"^s3://[^/]+/.+\.tar\.gz$")]
    """`s3://…/model.tar.gz` of a finished training job."""
    model_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 (hex) of the model file inside."""


class AwsServingSettings(Section):
    """The endpoint."""

    instance_type: HostingType = "ml.m4.xlarge"
    """Any type that SageMaker hosts on. m4 is missing in newer regions: there, ml.m5.large."""
    instance_count: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number at the start; an autoscaler takes over from there."""
    serverless: ServerlessSettings | None = None
    autoscaling: AutoscalingSettings | None = None
    capture_percent: Annotated[int, Field(ge=0, le=100)] = 20
    """Share of requests and answers that is kept for drift checks; 0 keeps none."""
    baking_minutes: Annotated[int, Field(ge=0, le=60)] = 5
    """How long a new model takes all requests before the old one goes: meanwhile the alarms on
    errors and latency bring the old one back. At 0 only a model that does not start is rolled
    back."""
    release: ReleaseSettings | None = None

    @model_validator(mode="after")
    def _serverless_has_no_instances(self) -> Self:
        if self.serverless and self.autoscaling:
            raise ValueError("a serverless variant scales by itself: remove autoscaling")
        if self.serverless and self.capture_percent:
            raise ValueError("a serverless variant cannot capture data: set capture_percent to 0")
        return self


class AwsWatchSettings(Section):
    """Thresholds of the alarms."""

    emails: tuple[Email, ...] = ()
    """Addresses that are told of alarms and of the budget."""
    max_errors_per_5_minutes: Annotated[int, Field(ge=1)] = 5
    """Answers with 5xx above which the alarm rings."""
    max_latency_ms: Annotated[int, Field(ge=1, le=60000)] = 1000
    """99th percentile of the model's latency above which the alarm rings."""
    max_cpu_percent: Percent = 90
    """Load of the instances above which the alarm rings; 100 is one core."""
    idle_days: Annotated[int, Field(ge=1, le=7)] = 3
    """Days without a request after which the endpoint is reported as idle (7 at most: the longest
    span that a CloudWatch alarm can look back)."""
    idle_action: IdleAction = "alert"
    """What follows: somebody is told, or in addition the number of instances goes to its least,
    which autoscaling by requests never does for want of any."""


class AwsMonitoringSettings(Section):
    """Whether the captured requests are like what the model was trained on: a scheduled job."""

    skew_threshold: Divergence = 0.3
    """Jensen-Shannon divergence of a feature's requests from the training split above which it is
    an anomaly."""
    drift_threshold: Divergence = 0.3
    """The same for the divergence from the interval before."""
    feature_thresholds: Mapping[str, Divergence] = Field(default_factory=dict)
    """Thresholds of single features, in place of both."""
    min_rows: Annotated[int, Field(ge=1)] = 30
    """Captured rows below which an interval is not compared: chance alone makes few diverge."""
    interval_hours: Literal[1, 2, 3, 4, 6, 8, 12, 24] = 24
    """Hours between two comparisons: what Glue's schedules can tell."""


class AwsSpendSettings(Section):
    """The monthly budget."""

    monthly_usd: Annotated[float, Field(gt=0)] = 100
    """The budget."""
    alert_percents: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=4)] = (
        50,
        80,
        100,
    )
    """Shares of it at which somebody is told."""


class AwsSettings(AwsAccountSettings):
    """Everything about the AWS slice."""

    data_events: bool = False
    """A CloudTrail trail of the stack's own: who read or changed which object of its lake, and
    who administered what. Another trail in the account is paid by the event."""
    network: AwsNetworkSettings = AwsNetworkSettings()
    prep: AwsPrepSettings = AwsPrepSettings()
    training: AwsTrainingSettings = AwsTrainingSettings()
    serving: AwsServingSettings = AwsServingSettings()
    watch: AwsWatchSettings = AwsWatchSettings()
    monitoring: AwsMonitoringSettings | None = None
    spend: AwsSpendSettings = AwsSpendSettings()
    commitment: AwsCommitmentSettings | None = None

    @model_validator(mode="after")
    def _serverless_has_no_network(self) -> Self:
        if self.serving.serverless and self.network.enabled:
            raise ValueError(
                "serving.serverless and network.enabled exclude each other: serverless variants "
                "cannot sit in a VPC"
            )
        return self

    @model_validator(mode="after")
    def _one_stack_buys(self) -> Self:
        if self.commitment is not None and not self.manages_account:
            raise ValueError(
                "commitment needs manages_account: a Savings Plan is for the whole account"
            )
        return self

    @model_validator(mode="after")
    def _idle_action_is_possible(self) -> Self:
        if self.watch.idle_action == "scale-to-minimum" and self.serving.autoscaling is None:
            raise ValueError(
                "watch.idle_action scale-to-minimum needs serving.autoscaling, whose minimum is "
                "meant; a serverless variant runs nothing when it is idle"
            )
        return self

    @model_validator(mode="after")
    def _monitoring_has_requests(self) -> Self:
        if self.monitoring and not self.serving.capture_percent:
            raise ValueError(
                "monitoring compares captured requests: set serving.capture_percent above 0, or "
                "remove monitoring"
            )
        return self
