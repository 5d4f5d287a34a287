"""Files that appear whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import EncryptionError


@contextlib.contextmanager
def whole_file(target: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A file to write; it becomes `target` when the block ends without an error.

    Until then it lies beside it under a hidden name, readable by its owner only (and stays so).
    Raises EncryptionError when `target` exists and is not to be replaced, or cannot be written.
    """
    if target.exists() and not replace:
        raise EncryptionError(f"{target} exists: choose another name, or say --force")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise EncryptionError(f"{target} cannot be written: {error.strerror}") from None
    try:
        with open(descriptor, "wb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
            yield stream
            os.fsync(stream.fileno())
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    sync_directory(target.parent)


def sync_directory(directory: Path) -> None:
    """Bring names that were just made, moved or removed to the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
