"""How long the jobs of a sandbox ran, by what they left behind.

A job's directory is made when it starts and is last written to when it ends. The kernel's change
times are read, which copying does not set back.
"""

from collections.abc import Iterable
from pathlib import Path

Span = tuple[float, float]
"""Start and end, in seconds since the epoch."""


def spans(state: Path) -> dict[str, Span]:
    """Each job of the sandbox in ``state``, as ``kind/name``: Glue, SageMaker, Vertex, Azure ML."""
    found = {}
    for directory in sorted((state / "jobs").glob("*/*/")):
        times = [path.lstat().st_ctime for path in (directory, *directory.rglob("*"))]
        found[f"{directory.parent.name}/{directory.name}"] = (min(times), max(times))
    return found


def busy_seconds(spans: Iterable[Span]) -> float:
    """How long at least one of them ran: what runs side by side counts once."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
