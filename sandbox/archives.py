"""Opening archives that others made."""

import tarfile
from pathlib import Path, PurePosixPath


class UnsafeArchiveError(ValueError):
    """A member would leave the directory, or is no plain file; the text names it."""


def extract(tar: tarfile.TarFile, directory: Path) -> None:
    """Extract all of ``tar`` into ``directory``, and nothing anywhere else.

    Raises:
        UnsafeArchiveError: for a member with an absolute path or ``..``, a link that leads out,
            or a device.
        tarfile.TarError, OSError: when the archive is damaged.
    """
    if hasattr(tarfile, "data_filter"):
        try:
            tar.extractall(directory, filter="data")
        except tarfile.FilterError as error:
            raise UnsafeArchiveError(str(error)) from error
        return
    # Python before 3.11.4, such as Debian 12's, has no filters: there no links at all.
    members = tar.getmembers()
    for member in members:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts:
            raise UnsafeArchiveError(f"{member.name!r} would be extracted outside")
        if not (member.isreg() or member.isdir()):
            raise UnsafeArchiveError(f"{member.name!r} is a link or a device")
    for member in members:
        member.mode = (member.mode or 0o644) & 0o755 | 0o600 | (0o100 if member.isdir() else 0)
        tar.extract(member, directory)
