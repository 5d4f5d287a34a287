"""What all sections of the settings have in common."""

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

IdleAction = Literal["alert", "scale-to-minimum"]
"""What follows when nobody asks an endpoint."""
Percent = Annotated[int, Field(ge=1, le=100)]
Divergence = Annotated[float, Field(gt=0, le=1)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


def _as_written(value: Any) -> Any:
    # The engine reads a date without quotes as a time and hands that on in Go's spelling.
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2}) 00:00:00 \+0000 UTC", str(value))
    return found[1] if found else value


Day = Annotated[dt.date, BeforeValidator(_as_written)]


class Section(BaseModel):
    """A part of the settings: unknown keys are refused, nothing changes after the checks."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
