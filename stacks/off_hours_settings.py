"""When fewer machines are enough, the same for all clouds of a stack."""

from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from components.off_hours import OffHours, Reduction
from stacks.section import Section


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(
            f"no time zone is called {name!r}: give its IANA name, such as Europe/Berlin or UTC"
        ) from None
    return name


Timezone = Annotated[str, AfterValidator(_timezone)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


class NightSettings(Section):
    """The hours of every night."""

    begins: TimeOfDay = "20:00"
    """Time of day, in quotes."""
    ends: TimeOfDay = "06:00"
    """Time of day, of the next morning where it is before `begins`."""

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.begins == self.ends:
            raise ValueError("begins and ends must differ")
        return self


class OffHoursSettings(Section):
    """Nights and weekends: meanwhile endpoints with autoscaling keep to `autoscaling.off_hours`."""

    timezone: Timezone = "UTC"
    """IANA name of the time zone; daylight saving time is followed."""
    night: NightSettings | None = None
    weekend: bool = False
    """All of Saturday and Sunday as well."""

    @model_validator(mode="after")
    def _some_hours(self) -> Self:
        if self.night is None and not self.weekend:
            raise ValueError("give night, weekend or both")
        return self

    @property
    def hours(self) -> OffHours:
        """The same in the components' terms."""
        night = None
        if self.night is not None:
            night = (_minutes(self.night.begins), _minutes(self.night.ends))
        return OffHours(timezone=self.timezone, night=night, weekend=self.weekend)


class ReplicaBounds(Section):
    """Bounds of the number of replicas."""

    min_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Least number; no cloud's endpoint with machines of its own goes to 0."""
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Greatest number."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas must not exceed max_replicas")
        return self


class ReplicaScaling(ReplicaBounds):
    """Bounds of the number of replicas, by day and in off-hours."""

    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 2
    """Greatest number."""
    off_hours: ReplicaBounds | None = None
    """In the stack's `off_hours`; null: from 1 to `min_replicas`."""

    def arguments(self, off_hours: OffHoursSettings | None) -> dict[str, Any]:
        """All of it in the components' terms, with the bounds in the stack's off-hours."""
        reduction = None
        if off_hours is not None:
            reduced = self.off_hours or ReplicaBounds(max_replicas=self.min_replicas)
            reduction = Reduction(
                hours=off_hours.hours, least=reduced.min_replicas, most=reduced.max_replicas
            )
        return {**self.model_dump(exclude={"off_hours"}), "off_hours": reduction}
