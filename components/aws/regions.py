"""Which regions exist, as the installed botocore lists them."""

import difflib
from functools import cache
from typing import Final

from components.aws.botocore_data import load

# The other partitions (China, GovCloud) have ARNs, service names and bills of their own.
PARTITION: Final = "aws"


@cache
def regions() -> tuple[str, ...]:
    """The regions of the partition, in alphabetical order."""
    partitions = load("partitions")["partitions"]
    own = next(each for each in partitions if each["id"] == PARTITION)
    return tuple(sorted(name for name in own["regions"] if not name.startswith(PARTITION)))


def check_region(name: str) -> str:
    """``name``, when it is a region of the partition.

    Raises:
        ValueError: with the nearest regions that exist.
    """
    known = regions()
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or ["us-east-1"]
    raise ValueError(f"AWS has no such region; nearest of its {len(known)}: {', '.join(near)}")
