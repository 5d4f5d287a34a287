"""What all sections of the settings have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Percent = Annotated[int, Field(ge=1, le=100)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Section(BaseModel):
    """A part of the settings: unknown keys are refused, nothing changes after the checks."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
