"""The settings that every stack has, with a platform or without."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from policy.settings import PolicySettings
from stacks.section import Section

TagValue = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\w .:/=+@-]+$")
]


def _cloudwatch_retention(days: int) -> int:
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    months = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180)
    years = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
    allowed = (*months, *years)
    if days not in allowed:
        raise ValueError(f"log services keep logs for one of {', '.join(map(str, allowed))} days")
    return days


Days = Annotated[int, Field(ge=1, le=36500)]


class RetentionSettings(Section):
    """Days after which data is deleted (GDPR article 5(1)(e): no longer than necessary)."""

    raw_days: Days = 365
    """For tables as they were delivered."""
    processed_days: Days = 180
    """For prepared tables, query results and captured requests."""
    artefact_days: Days = 365
    """For code, checkpoints and models."""
    noncurrent_days: Days = 30
    """For overwritten and deleted versions of objects."""
    log_days: Annotated[int, AfterValidator(_cloudwatch_retention)] = 365
    """For logs: one of the spans that CloudWatch offers."""


def as_switch(value: Any) -> Any:
    """A switch that is written as text, as a switch."""
    # `pulumi config` writes single values as texts into the file.
    return {"true": True, "false": False}.get(str(value), value)


class CommonSettings(Section):
    """What every stack says of itself."""

    clouds: Annotated[tuple[Literal["aws", "gcp", "azure"], ...], Field(min_length=1)]
    """The clouds that are switched on."""
    owner: TagValue
    """Who answers for the stack's resources: a team, not a person."""
    data_class: Literal["public", "internal", "confidential", "restricted"]
    """Classification of the data, as a tag on all that holds it."""
    purpose: TagValue = "machine-learning"
    """What the data is processed for (GDPR article 5(1)(b)), as a tag on all that holds it."""
    protect_data: bool = False
    """Refuse to delete buckets and keys, and keep job records, whatever `pulumi destroy` says."""
    retention: RetentionSettings = RetentionSettings()
    policy: PolicySettings = PolicySettings()

    @model_validator(mode="after")
    def _enabled_clouds_are_configured(self) -> Self:
        for cloud in self.clouds:
            if getattr(self, cloud) is None:
                raise ValueError(f"clouds names {cloud}, but there is no section {cloud}")
        return self
