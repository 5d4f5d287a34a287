"""What became of a creation that was cut off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A resource that is in the cloud though not in the state."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What the cloud chose and the provider reads the resource back by, besides its id."""
