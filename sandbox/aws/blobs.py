"""S3 object bodies as files in the state directory.

moto keeps every body in a spooled temporary file and pickles it whole. Here a body larger than
``INLINE_LIMIT`` is one file that is written once; the snapshot holds only its name. A file is
deleted after a snapshot that no longer mentions it is on disk, so a crash at any moment leaves a
snapshot whose files all exist.
"""

import io
import os
import threading
import types
import uuid
from pathlib import Path
from typing import Any

INLINE_LIMIT = 4096


class BlobDirectory:
    """The files behind the bodies, and which of them may be deleted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._released: set[str] = set()
        self.loaded: set[str] = set()

    def path(self, name: str) -> Path:
        return self.root / name[:2] / name

    def new(self) -> str:
        name = uuid.uuid4().hex
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        return name

    def release(self, name: str) -> None:
        with self._lock:
            self._released.add(name)

    def take_released(self) -> set[str]:
        """The names released so far; the caller deletes them once a newer snapshot is safe."""
        with self._lock:
            released, self._released = self._released, set()
        return released

    def delete(self, names: set[str]) -> None:
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def delete_unknown(self) -> None:
        """After loading: delete files no loaded object mentions (left by a crash)."""
        for file in self.root.glob("*/*"):
            if file.name not in self.loaded:
                file.unlink(missing_ok=True)


_directory: BlobDirectory | None = None


def _current() -> BlobDirectory:
    if _directory is None:
        raise RuntimeError("blobs.install() was not called")
    return _directory


class BlobBuffer:
    """The part of ``SpooledTemporaryFile`` that moto's S3 keys use, backed by a blob file."""

    def __init__(self, max_size: int = 0) -> None:
        del max_size
        self._inline: bytes = b""
        self._name: str | None = None
        self._size = 0
        self._position = 0
        self._owner = True
        self.closed = False

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._check_open()
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def truncate(self, size: int | None = None) -> int:
        self._check_open()
        size = self._position if size is None else size
        if size < self._size:
            self._replace(self._content()[:size])
        return size

    def write(self, data: bytes) -> int:
        self._check_open()
        if self._size == 0 and self._position == 0:
            self._replace(bytes(data))
        else:
            content = self._content()
            end = self._position + len(data)
            self._replace(content[: self._position] + data + content[end:])
        self._position += len(data)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        self._check_open()
        if self._name is None:
            end = None if size < 0 else self._position + size
            data = self._inline[self._position : end]
        else:
            with _current().path(self._name).open("rb") as file:
                file.seek(self._position)
                data = file.read(size)
        self._position += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._release()

    @property
    def path(self) -> Path | None:
        """The blob file, for callers that can use a file directly; ``None`` for small bodies."""
        return None if self._name is None else _current().path(self._name)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")

    def _content(self) -> bytes:
        return self._inline if self._name is None else _current().path(self._name).read_bytes()

    def _release(self) -> None:
        if self._name is not None and self._owner:
            _current().release(self._name)
        self._name = None

    def _replace(self, data: bytes) -> None:
        self._release()
        self._owner = True
        self._size = len(data)
        if self._size <= INLINE_LIMIT:
            self._inline = data
            return
        self._inline = b""
        name = _current().new()
        with _current().path(name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._name = name

    def __getstate__(self) -> dict[str, Any]:
        return {"inline": self._inline, "name": self._name, "size": self._size}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self._inline, self._name, self._size = state["inline"], state["name"], state["size"]
        if self._name is not None:
            _current().loaded.add(self._name)

    def __deepcopy__(self, memo: dict[int, Any]) -> "BlobBuffer":
        # moto copies keys to list their versions; the copy must not delete the file it shares.
        copied = BlobBuffer()
        copied._inline, copied._name, copied._size = self._inline, self._name, self._size
        copied._owner = False
        return copied


def install(root: Path) -> BlobDirectory:
    """Make moto's S3 keep bodies under ``root``; returns the directory for the snapshots."""
    global _directory  # noqa: PLW0603 - moto makes its buffers without arguments
    from moto.s3 import models

    _directory = BlobDirectory(root)

    # moto.s3.models names exactly one thing of tempfile.
    shim: Any = types.SimpleNamespace(SpooledTemporaryFile=BlobBuffer)
    models.tempfile = shim

    def get_state(key: Any) -> dict[str, Any]:
        state = dict(key.__dict__)
        del state["lock"]
        return state

    def set_state(key: Any, state: dict[str, Any]) -> None:
        key.__dict__.update(state)
        key.lock = threading.Lock()

    models.FakeKey.__getstate__ = get_state  # type: ignore[assignment,method-assign]
    models.FakeKey.__setstate__ = set_state  # type: ignore[assignment,method-assign]
    return _directory
