"""What a stack's settings say about policy: the section `policy`, and facts of other sections.

The program's typed settings embed the same model, so that both read the section alike.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

DataClass = Literal["public", "internal", "confidential", "restricted"]
FrameworkName = Literal["gdpr", "hipaa", "security"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _as_written(value: Any) -> Any:
    # The engine reads a date without quotes as a time and hands that on in Go's spelling.
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2}) 00:00:00 \+0000 UTC", str(value))
    return found[1] if found else value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Exemption(_Section):
    """One resource that may break one rule, for a reason and a time."""

    resource: Text
    """Name or URN of the resource."""
    rule: Text
    """Id of the rule."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10)]
    """Why, for the auditor."""
    expires: Annotated[dt.date, BeforeValidator(_as_written)]
    """The last day on which it holds; afterwards it fails the run."""


class RetentionLimits(_Section):
    """The longest time for which data may be kept (GDPR article 5(1)(e))."""

    objects_days: Annotated[int, Field(ge=1)] = 365
    """For data and models in buckets; an audit trail keeps to `logs_days`."""
    logs_days: Annotated[int, Field(ge=1)] = 3653
    """For logs."""


class PolicySettings(_Section):
    """Which rules a stack is held to, and what they are told."""

    profile: Literal["prod"] = "prod"
    """The published list of what is mandatory: policy/profiles/."""
    frameworks: Annotated[tuple[FrameworkName, ...], Field(min_length=1)] = (
        "gdpr",
        "hipaa",
        "security",
    )
    """Rules that serve none of these are left out; `security` takes all."""
    enable: tuple[Text, ...] = ()
    """Ids of opt-in rules to be held to as well."""
    exemptions: tuple[Exemption, ...] = ()
    """What may break a rule, why and how long."""
    regions: Mapping[DataClass, tuple[Text, ...]] = {}
    """Regions in which data of a class may be kept and processed; public data may be anywhere,
    any other class needs its list."""
    retention: RetentionLimits = RetentionLimits()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules may know of the stack beyond its resources."""

    project: str = ""
    stack: str = ""
    data_class: str | None = None
    account: str | None = None
    policy: PolicySettings = field(default_factory=PolicySettings)


def facts(values: Mapping[str, str], *, project: str, stack: str) -> Facts:
    """The facts in a stack's raw configuration (`project:key` to text or JSON).

    Raises pydantic.ValidationError and ValueError for a section that is not as described.
    """
    section = values.get(f"{project}:policy")
    policy = PolicySettings() if section is None else PolicySettings.model_validate_json(section)
    data_class = values.get(f"{project}:data_class")
    return Facts(
        project=project,
        stack=stack,
        data_class=None if data_class is None else _text(data_class),
        account=_section(values.get(f"{project}:aws")).get("account_id"),
        policy=policy,
    )


def _section(text: str | None) -> dict[str, Any]:
    content = json.loads(text) if text else {}
    return content if isinstance(content, dict) else {}


def _text(value: str) -> str:
    return str(json.loads(value)) if value.startswith('"') else value
