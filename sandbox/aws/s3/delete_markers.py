"""Delete markers that can be deleted with the last version of their object.

moto disposes of every version that leaves a bucket, and forgets that a delete marker is one.
"""

from moto.s3.models import FakeDeleteMarker


def install() -> None:
    """Gives markers what moto calls."""
    FakeDeleteMarker.dispose = _nothing_to_dispose  # type: ignore[attr-defined]


def _nothing_to_dispose(marker: FakeDeleteMarker, garbage: bool = False) -> None:
    """A marker has no body."""
