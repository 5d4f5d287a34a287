"""The typed settings of a stack, read from its Pulumi configuration.

Everything that differs between environments is here; components never look at the stack's name.
Unknown keys are refused. Sizes are in the unit that a field's name ends with.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from components.azure.time_zones import windows_name
from components.sealing import Seal
from components.search import Search
from stacks.account_settings import AccountSettings
from stacks.aws_settings import AwsSettings
from stacks.azure_settings import AzureSettings
from stacks.common_settings import CommonSettings, as_switch
from stacks.encryption_settings import EncryptionSettings
from stacks.gcp_settings import GcpSettings
from stacks.off_hours_settings import OffHoursSettings
from stacks.section import Section
from stacks.settings_errors import SettingsError, describe
from stacks.usage_settings import UsageSettings

ROOT: Final = Path(__file__).resolve().parent.parent

Fraction = Annotated[float, Field(gt=0, lt=1)]
TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^,\s]+$")]


class DataSettings(Section):
    """The table the model learns from. Change these, not the components, for one's own data."""

    file: str = "data/penguins.csv"
    """CSV with a header line; a path that is not absolute is taken from the project."""
    table: TableName = "penguins"
    """Name of the table in the catalogue; the prepared ones get endings such as `_train`."""
    features: Annotated[tuple[ColumnName, ...], Field(min_length=1)]
    """Numeric columns, in the order in which a request gives their values."""
    target: ColumnName
    """Column with the class to predict."""
    train_fraction: Fraction = 0.70
    """Share of the rows that the model learns from."""
    validation_fraction: Fraction = 0.15
    """Share for choosing hyper-parameters; what remains is the test split."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    """Of the split and of the training: the same seed gives the same model."""
    encryption: EncryptionSettings = EncryptionSettings()

    @property
    def path(self) -> Path:
        """The CSV's absolute path."""
        return ROOT / self.file

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the CSV's header names."""
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            return tuple(next(csv.reader(lines), ()))

    @property
    def example_row(self) -> list[float]:
        """A row that fits the model, though no measurement: 1, 2, 3 … in raw units."""
        return [*range(1, len(self.features) + 1)]

    @model_validator(mode="after")
    def _columns_exist(self) -> Self:
        if self.train_fraction + self.validation_fraction >= 1:
            raise ValueError(
                "train_fraction and validation_fraction together must stay below 1: the rest is "
                "the test split"
            )
        if len(set(self.features)) != len(self.features) or self.target in self.features:
            raise ValueError("features and target must be different columns, each named once")
        if not self.path.is_file():
            raise ValueError(f"file {self.file} does not exist: give a path below the project")
        header = self.columns
        missing = [name for name in (*self.features, self.target) if name not in header]
        if missing:
            raise ValueError(
                f"{self.file} has no column {', '.join(missing)}; its header names "
                f"{', '.join(header)}"
            )
        return self


class TrainingSettings(Section):
    """The hyper-parameters of the training job, and the bar that its model must pass."""

    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Step size of the gradient descent."""
    batch_size: Annotated[int, Field(ge=1, le=65536)] = 32
    """Rows a step."""
    epochs: Annotated[int, Field(ge=1, le=10000)] = 40
    """Passes over the training split."""
    min_accuracy: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Accuracy on the held-out test split below which nothing is deployed."""


class Range(Section):
    """A continuous range of a hyper-parameter."""

    min: float
    """Smallest value."""
    max: float
    """Largest value."""
    scale: Literal["linear", "log"] = "linear"
    """How values are drawn: `log` for ranges over orders of magnitude."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min < self.max:
            raise ValueError(f"min ({self.min}) must be below max ({self.max})")
        if self.scale == "log" and self.min <= 0:
            raise ValueError("a log scale needs a min above 0")
        return self


class TuningSettings(Section):
    """The search for hyper-parameters; when enabled, its best model is the one deployed."""

    enabled: bool = False
    """Search instead of training once with `training`."""
    max_trials: Annotated[int, Field(ge=1, le=750)] = 20
    """Training jobs in all."""
    parallel_trials: Annotated[int, Field(ge=1, le=100)] = 2
    """Training jobs at a time: fewer learn more from each other."""
    learning_rate: Range = Range(min=0.001, max=0.1, scale="log")
    """The range to search."""
    batch_sizes: Annotated[tuple[int, ...], Field(min_length=1, max_length=30)] = (32, 64, 128)
    """The batch sizes to choose from."""
    epochs: Annotated[int, Field(ge=1, le=10000)] = 10
    """Passes over the training split in each trial."""
    early_stopping: bool = False
    """End trials early that do worse than the median."""

    @property
    def search(self) -> Search | None:
        """The search in the components' terms; None when it is off."""
        if not self.enabled:
            return None
        return Search(
            max_trials=self.max_trials,
            parallel_trials=self.parallel_trials,
            learning_rate=(self.learning_rate.min, self.learning_rate.max),
            log_scale=self.learning_rate.scale == "log",
            batch_sizes=self.batch_sizes,
            epochs=self.epochs,
            early_stopping=self.early_stopping,
        )

    @model_validator(mode="after")
    def _parallel_fits(self) -> Self:
        if self.parallel_trials > self.max_trials:
            raise ValueError(
                f"parallel_trials ({self.parallel_trials}) must not exceed max_trials "
                f"({self.max_trials})"
            )
        return self


class Settings(CommonSettings):
    """All settings of one stack."""

    platform: Annotated[Literal[True], BeforeValidator(as_switch)] = True
    """Off declares what exists once per account only, and takes no setting of the platform: see
    Pulumi.account.yaml."""
    data: DataSettings
    training: TrainingSettings = TrainingSettings()
    spot: Literal["never", "jobs"] = "never"
    """Whether training and tuning jobs of all clouds run on capacity that is cheaper and may be
    taken away; each cloud's `training` may say otherwise. Endpoints never do."""
    off_hours: OffHoursSettings | None = None
    tuning: TuningSettings = TuningSettings()
    aws: AwsSettings | None = None
    gcp: GcpSettings | None = None
    azure: AzureSettings | None = None
    usage: UsageSettings = UsageSettings()

    @property
    def seal(self) -> Seal | None:
        """What the raw table is sealed for; None where it is not."""
        encryption = self.data.encryption
        if encryption.mode == "off":
            return None
        return Seal(
            dataset=encryption.dataset or self.data.table,
            purpose=encryption.purpose or self.purpose,
        )

    @model_validator(mode="after")
    def _sealed_data_has_no_other_readers(self) -> Self:
        if self.seal is None:
            return self
        gcp = self.gcp if "gcp" in self.clouds else None
        aws = self.aws if "aws" in self.clouds else None
        for name in ("automl", "monitoring"):
            if gcp is not None and getattr(gcp, name) is not None:
                raise ValueError(
                    f"gcp.{name} reads the raw table as CSV, which data.encryption.mode envelope "
                    "does not leave anywhere: switch one of them off"
                )
        if gcp is not None and gcp.transfer.repeat == "daily":
            raise ValueError(
                "gcp.transfer.repeat must be once where data.encryption.mode is envelope: each "
                "cloud has an envelope of its own key, nothing is transferred"
            )
        if aws is not None and aws.network.enabled and not aws.prep.wheels:
            raise ValueError(
                "aws.prep.wheels must name the wheels of cryptography and cffi where "
                "data.encryption.mode is envelope and aws.network is enabled: from there Glue "
                "reaches no package index"
            )
        return self

    def uses_spot(self, cloud: Literal["aws", "gcp", "azure"]) -> bool:
        """Whether a cloud's jobs run on spot capacity: as its own setting says, or the stack's."""
        own: bool | None = None
        if cloud == "aws" and self.aws is not None:
            own = self.aws.training.spot.enabled
        elif cloud == "gcp" and self.gcp is not None:
            own = self.gcp.training.spot
        elif cloud == "azure" and self.azure is not None:
            own = self.azure.training.spot
        return self.spot == "jobs" if own is None else own

    @model_validator(mode="after")
    def _spot_capacity_is_waited_for(self) -> Self:
        if self.aws is None or not self.uses_spot("aws"):
            return self
        training = self.aws.training
        if not training.waits_long_enough:
            raise ValueError(
                f"aws.training.spot.max_wait_minutes ({training.spot.max_wait_minutes}) must be at "
                f"least max_runtime_minutes ({training.max_runtime_minutes}): it includes the run"
            )
        return self

    @model_validator(mode="after")
    def _off_hours_change_something(self) -> Self:
        scaled = {
            cloud: section.serving.autoscaling
            for cloud in self.clouds
            if (section := getattr(self, cloud)) and section.serving.autoscaling
        }
        if self.off_hours is not None and not scaled:
            raise ValueError(
                "off_hours changes the bounds of autoscaling, and no cloud here has "
                "serving.autoscaling: give it to one, or take off_hours away"
            )
        for cloud, autoscaling in scaled.items():
            if self.off_hours is None and autoscaling.off_hours is not None:
                raise ValueError(
                    f"{cloud}.serving.autoscaling.off_hours says how many, but nothing says when: "
                    "set off_hours"
                )
        if self.off_hours is not None and "azure" in scaled:
            windows_name(self.off_hours.timezone)
        return self

    @model_validator(mode="after")
    def _protected_data_travels_encrypted(self) -> Self:
        if self.azure is None or not self.protect_data:
            return self
        serving = self.azure.serving
        if "container" in serving.targets and not serving.container.tls:
            raise ValueError(
                "azure.serving.container.tls must be on where protect_data is set: a container "
                "group has no TLS of its own"
            )
        return self


def parsed(raw: Mapping[str, Any]) -> Settings | AccountSettings:
    """The settings that ``raw`` (keys without the project's prefix) says.

    Raises:
        ValidationError: naming what is wrong.
    """
    return kind_of(raw).model_validate(raw)


def kind_of(raw: Mapping[str, Any]) -> type[Settings] | type[AccountSettings]:
    """What kind of settings ``raw`` are."""
    return AccountSettings if as_switch(raw.get("platform")) is False else Settings


def load(
    values: Mapping[str, str], *, project: str, stack: str, preview: bool
) -> Settings | AccountSettings:
    """The settings in the raw Pulumi configuration ``values`` (``project:key`` to text or JSON).

    Raises:
        SettingsError: naming file, key, value and what is allowed; also when an update would run
            with a placeholder where an account id belongs.
    """
    prefix = f"{project}:"
    raw = {
        key.removeprefix(prefix): _parse(text)
        for key, text in values.items()
        if key.startswith(prefix)
    }
    try:
        settings = parsed(raw)
    except ValidationError as error:
        sections = set(kind_of(raw).model_fields)
        text = describe(error, stack=stack, project=project, sections=sections)
        raise SettingsError(text) from None
    if not preview:
        _refuse_placeholders(settings, project=project, stack=stack)
    return settings


def _parse(text: str) -> Any:
    """Structured configuration arrives as JSON, plain values as they were written."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def placeholders(settings: CommonSettings) -> list[tuple[str, str, str]]:
    """Settings of enabled clouds that are still to be made: key, value and what belongs there."""
    found: list[tuple[str, str, str]] = []
    for cloud in ("aws", "gcp", "azure"):
        section = getattr(settings, cloud) if cloud in settings.clouds else None
        own = section.placeholders.items() if section else ()
        found += [(f"{cloud}.{name}", value, wanted) for name, (value, wanted) in own]
    return found


def _refuse_placeholders(settings: CommonSettings, *, project: str, stack: str) -> None:
    """Names every setting that still has to be made, for all clouds at once."""
    found = placeholders(settings)
    if not found:
        return
    lines = [
        f"Pulumi.{stack}.yaml: {project}:{key} is still the placeholder {value}, good for previews "
        f"only: set it with `pulumi config set --path '{project}:{key}' {wanted} -s {stack}`"
        for key, value, wanted in found
    ]
    if len(settings.clouds) > 1:
        lines.append(f"A cloud that you do not use, take out of {project}:clouds in that file.")
    raise SettingsError("\n".join(lines))
