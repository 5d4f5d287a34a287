"""Whether the raw table is sealed before it leaves this machine."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints

from stacks.section import Section


def _as_written(value: Any) -> Any:
    # Older YAML readers take a bare `off` for false.
    return "off" if value is False else value


# Public: it is readable in the object's header and in the log of the key service.
Bound = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][\w .:/=+@-]*$")
]


class EncryptionSettings(Section):
    """The raw table as ciphertext of one's own: cloud, buckets and backups never see it plain."""

    mode: Annotated[Literal["off", "envelope"], BeforeValidator(_as_written)] = "off"
    """`envelope`: `up` seals the table under a key of each cloud's key service before it uploads
    it, and only that cloud's preparation opens it. No catalogue, no AutoML of Vertex AI."""
    dataset: Bound | None = None
    """What the table is sealed as; by default `data.table`. No personal data."""
    purpose: Bound | None = None
    """What it is sealed for; by default the stack's `purpose`. No personal data."""
