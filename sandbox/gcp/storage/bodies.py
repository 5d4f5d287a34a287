"""Bodies of objects: one file each, never rewritten, with the checksums Cloud Storage reports."""

import base64
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import google_crc32c

from sandbox.wire import CHUNK

# Published with types for some of its functions only.
_Checksum: Any = google_crc32c.Checksum


@dataclass(frozen=True)
class Blob:
    """A body that was written: file name, size in bytes, checksums in base64."""

    name: str
    size: int
    crc32c: str
    md5: str


class Bodies:
    """A directory of bodies."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def path(self, name: str) -> Path:
        return self._directory / name[:2] / name

    def new_path(self) -> Path:
        """Where a body that is being written can be; the name is final."""
        path = self.path(uuid.uuid4().hex)
        path.parent.mkdir(exist_ok=True)
        return path

    def write(self, chunks: Iterable[bytes]) -> Blob:
        """Write a new body; nothing stays when ``chunks`` fails."""
        path = self.new_path()
        crc, md5, size = _Checksum(), hashlib.md5(usedforsecurity=False), 0
        try:
            with path.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                    crc.update(chunk)
                    md5.update(chunk)
                    size += len(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Blob(path.name, size, _text(crc.digest()), _text(md5.digest()))

    def copy(self, name: str) -> str:
        """The same body under a new name, sharing the disk space where the file system can."""
        target = self.new_path()
        try:
            os.link(self.path(name), target)
        except OSError:
            shutil.copyfile(self.path(name), target)
        return target.name

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def delete_others(self, known: set[str]) -> None:
        """Delete files that no object refers to: what a killed daemon was writing."""
        for path in self._directory.glob("*/*"):
            if path.name not in known:
                path.unlink(missing_ok=True)


def chunks_of(file: IO[bytes], size: int | None = None) -> Iterable[bytes]:
    """A file's content from where it stands, at most ``size`` bytes."""
    left = size
    while left is None or left > 0:
        data = file.read(CHUNK if left is None else min(CHUNK, left))
        if not data:
            return
        if left is not None:
            left -= len(data)
        yield data


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
