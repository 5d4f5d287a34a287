"""What a run tells while it goes on."""

from dataclasses import dataclass
from enum import StrEnum

from transfer.errors import TransferError


class Kind(StrEnum):
    """What became of an object."""

    COPIED = "copied"
    SKIPPED = "skipped"
    PLANNED = "to copy"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one object.

    size: bytes it has; moved: bytes read from the source for it in this run.
    checked: the source's checksum that what was read was compared with; None when S3 has none
        that can be compared, and for objects that were not read.
    """

    kind: Kind
    source: str
    target: str
    size: int
    moved: int = 0
    checked: str | None = None
    error: TransferError | None = None


class Listener:
    """Hears of a run, from several threads. Does nothing; derive what you need.

    Whoever wants an object's copying to stop raises :class:`transfer.errors.Interrupted` in
    ``moved``: what is in the sink by then stays, and the next run goes on with it.
    """

    def found(self, size: int) -> None:
        """An object of so many bytes was listed."""

    def moved(self, size: int) -> None:
        """So many bytes more are in the sink."""

    def finished(self, outcome: Outcome) -> None:
        """An object is done with."""

    def notice(self, text: str) -> None:
        """Something worth a line happened."""
