"""Which engine is wanted, and which others will do."""

import re

WANTED = "3.259.0"


def parse(said: str) -> tuple[int, int, int] | None:
    """`v3.259.0` or `3.259.0-dev` as numbers; None for anything else."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", said.strip())
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def is_compatible(said: str) -> bool:
    """Whether an engine of this version can run a program on the pinned SDK.

    Pulumi keeps its protocol within a major version, and an engine knows all that SDKs
    older than itself ask for; a newer SDK may ask for more than an older engine has.
    """
    version, wanted = parse(said), parse(WANTED)
    return version is not None and wanted is not None and wanted <= version < (wanted[0] + 1,)
