"""The state file of a stack in a file backend, mended when a kill cut it off.

Pulumi keeps the last state beside the one that it writes, as `STACK.json.bak`. When it is killed
while it writes, the state file may be empty or missing, and nothing works any more: then the last
one takes its place. What the killed run did after it was written is found again as interrupted
operations are (tools/pending.py), or by a refresh.

Beside each file Pulumi keeps `FILE.attrs`, its media type and checksum, and writes it in place: an
empty one makes the whole file unreadable for Pulumi, a missing one does no harm.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path


def mend(backend: Path, *, project: str, stack: str) -> bool:
    """Restores the last state when the current one does not read. Whether it did.

    Attributes that do not read are removed, whatever else.
    """
    current = backend / ".pulumi" / "stacks" / project / f"{stack}.json"
    last = current.with_name(f"{current.name}.bak")
    for attributes in _attributes(current, last):
        if not _reads(attributes):
            attributes.unlink()
    if _reads(current) or not _reads(last):
        return False
    # Aside first: a kill in the middle of this must not leave less than there was.
    aside = current.with_name(f"{current.name}.mended")
    shutil.copyfile(last, aside)
    aside.replace(current)
    return True


def _attributes(*files: Path) -> Iterator[Path]:
    """The files of attributes that are there."""
    beside = (file.with_name(f"{file.name}.attrs") for file in files)
    return (path for path in beside if path.exists())


def _reads(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text()), dict)
    except (OSError, ValueError):
        return False
