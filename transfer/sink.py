"""What a cloud must be able to do to be written to. One implementation a cloud.

An object arrives in one of two ways: whole, in one request that either happens or does not, or in
parts that are no object of that name until ``finish`` makes them one, in one step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from transfer.checksums import Crc
from transfer.source import Description

# Metadata beside the source's own: a copy is known again by it without reading anything.
# Azure takes names of metadata only where they are identifiers.
MARK_VERSION = "trimaran_transfer_version"
MARK_SOURCE = "trimaran_transfer_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkObject:
    """One object of the sink.

    generation: what tells its content from a later one of the same name.
    crc32c, md5: base64, where the sink knows them.
    """

    name: str
    size: int
    generation: str
    crc32c: str | None = None
    md5: str | None = None
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Bytes of an object that are in the sink, not yet visible under its name.

    crc32c: the sink's own word for what it holds.
    crc: the same bytes by the algorithm of the source's checksum.
    handle: what the sink calls it.
    """

    offset: int
    size: int
    crc32c: Crc
    crc: Crc
    handle: tuple[str, int]  # name and, where there is one, generation

    @property
    def end(self) -> int:
        return self.offset + self.size


class Assembly(Protocol):
    """An object that arrives in parts. ``put`` is safe to call from several threads."""

    def found(self) -> list[Stretch]:
        """What an earlier run of the same source object left, in order, not overlapping."""

    def stale(self) -> bool:
        """Whether an earlier run left parts of another content, which are gone now."""

    def put(self, offset: int, data: bytes) -> Stretch:
        """Bring a part. Raises ChecksumMismatch when another one arrived."""

    def finish(self, stretches: Sequence[Stretch]) -> SinkObject:
        """Make the object of all its stretches, in one step. Raises SinkChanged."""

    def discard(self) -> None:
        """Delete what was brought."""


class Sink(Protocol):
    """A bucket to write to. Safe to use from several threads."""

    url: str
    ordered: bool
    """Whether ``objects`` come in the order of their names' bytes."""

    def part_size(self, size: int) -> int:
        """Bytes of a part of an object of ``size``; one that is no larger arrives whole."""

    def metadata(self, source: Mapping[str, str]) -> dict[str, str]:
        """The source's metadata as the sink can keep it."""

    def check(self) -> None:
        """Raises Unusable when the bucket is missing or may not be written to."""

    def objects(self, prefix: str) -> Iterator[SinkObject]:
        """The objects whose name begins with ``prefix``."""

    def find(self, name: str) -> SinkObject | None:
        """One object, or None."""

    def put(
        self, name: str, data: bytes, description: Description, replaced: SinkObject | None
    ) -> SinkObject:
        """Write a whole object in place of ``replaced``. Raises SinkChanged, ChecksumMismatch."""

    def assemble(
        self,
        name: str,
        description: Description,
        replaced: SinkObject | None,
        *,
        version: str,
        algorithm: str,
    ) -> Assembly:
        """Begin, or go on with, an object that arrives in parts.

        version: tells the source's content from any other; parts of another one are not used.
        algorithm: of the checksums that stretches carry.
        """

    def tidy(self, name: str) -> None:
        """Delete what an unfinished run left of an object that is not needed any more."""

    def discard_all(self) -> int:
        """Delete what unfinished runs left in the bucket. Returns how many objects that were."""

    def close(self) -> None:
        """Close connections."""
