"""Data of any size sealed with AES-256-GCM under a data key of their own, in constant memory.

One file is one GCM message under a key that nothing else uses, so a bit that changed, bytes that
moved and an end that is missing all show in the one tag at the end. Until it was compared the
opened data exist only under a hidden name. One GCM message has at most 64 GiB - 32 bytes:
NIST SP 800-38D, 5.2.1.1.
"""

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO, Protocol

from .contexts import checked, described
from .errors import EncryptionError, NotAuthentic
from .header import BODY_OFFSET, encoded_slot, new_page, read_page, read_slots, replace_slot
from .keys import WrappedKey, WrappingKey, is_of
from .whole_files import whole_file

LONGEST_BYTES = 2**36 - 32
TAG_BYTES = 16
_NONCE_BYTES = 12
_BLOCK_BYTES = 16
# Larger pieces are not faster, and fall out of the processor's cache.
PIECE_BYTES = 256 * 1024

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes to do."""

Finder = Callable[[str], WrappingKey]
"""The wrapping key with an id that a header names."""


@dataclass(frozen=True)
class Inspected:
    """What a sealed file says of itself; true only if it can be opened."""

    algorithm: str
    context: dict[str, str]
    created: str
    key: WrappedKey
    generation: int
    plain_bytes: int
    interrupted: bool


class _Cipher(Protocol):
    def update_into(self, data: memoryview, buffer: bytearray) -> int: ...


def _ignored(done: int, total: int) -> None:
    """Nobody wants to know."""


def seal_stream(
    source: BinaryIO,
    target: BinaryIO,
    key: WrappingKey,
    context: Mapping[str, str],
    progress: Callable[[int], None],
) -> int:
    """Write header, sealed data and tag; the number of bytes read.

    Raises EncryptionError when the key cannot be used or the data are longer than LONGEST_BYTES.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    context = checked(context)
    nonce = os.urandom(_NONCE_BYTES)
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")  # noqa: UP017 - Python 3.10
    page = new_page(context=context, created=created, nonce=nonce)
    data_key = key.new_data_key(context)
    slot = encoded_slot(data_key.wrapped, 1)
    _write_all(target, memoryview(page.raw + slot + bytes(len(slot))))
    cipher = Cipher(algorithms.AES(data_key.plain), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(page.raw)
    done = _pump(source, target, cipher, LONGEST_BYTES + 1, progress)
    if done > LONGEST_BYTES:
        raise EncryptionError("longer than 64 GiB, the most of one file: split it")
    cipher.finalize()
    _write_all(target, memoryview(cipher.tag))
    return done


def _pump(
    source: BinaryIO,
    target: BinaryIO,
    cipher: _Cipher,
    limit: int,
    progress: Callable[[int], None],
) -> int:
    """Everything up to `limit` bytes through a cipher, in two buffers that are used again."""
    given, made = bytearray(PIECE_BYTES), bytearray(PIECE_BYTES + _BLOCK_BYTES - 1)
    readable, writable = memoryview(given), memoryview(made)
    done = 0
    while done < limit:
        count = source.readinto(readable[: min(PIECE_BYTES, limit - done)])  # type: ignore[attr-defined]
        if not count:
            break
        _write_all(target, writable[: cipher.update_into(readable[:count], made)])
        done += count
        progress(done)
    return done


def _write_all(target: BinaryIO, data: memoryview) -> None:
    """Write to a file without buffer, which may take less than it is given."""
    while data:
        data = data[target.write(data) :]


def seal(
    source: Path,
    target: Path,
    *,
    key: WrappingKey,
    context: Mapping[str, str],
    replace: bool = False,
    progress: Progress = _ignored,
) -> None:
    """Seal a file; `target` appears whole.

    Raises EncryptionError, also when `source` cannot be read or `target` is there already.
    """
    with _opened(source) as stream:
        total = os.fstat(stream.fileno()).st_size
        with whole_file(target, replace=replace) as sealed:
            seal_stream(stream, sealed, key, context, lambda done: progress(done, total))


def pinned(find: Finder, key: str, name: object) -> Finder:
    """Finds `key` only: what another key wrapped, though it can be reached, is not opened."""

    def found(key_id: str) -> WrappingKey:
        if not is_of(key_id, key):
            raise NotAuthentic(f"{name} is wrapped by {key_id}, not by {key}")
        return find(key_id)

    return found


def unseal(
    source: Path,
    target: Path,
    *,
    find: Finder,
    context: Mapping[str, str],
    replace: bool = False,
    progress: Progress = _ignored,
    name: str | None = None,
) -> None:
    """Open a sealed file; `target` appears only after its tag was compared.

    `name` is what messages call the file: its path, or where it was fetched from.

    Raises NotAuthentic when anything of it is not as it was sealed or the context is another, and
    EncryptionError when its key cannot be used.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    called = name or source
    context = checked(context)
    with _opened(source) as stream:
        total = os.fstat(stream.fileno()).st_size - BODY_OFFSET - TAG_BYTES
        page = read_page(stream)
        if page.context != context:
            raise NotAuthentic(
                f"{called} is for {described(page.context)}, not for {described(context)}"
            )
        slots = read_slots(stream)
        if slots.torn:
            raise NotAuthentic(
                f"{called} has a torn key slot: a re-wrap was interrupted, or it was changed; "
                "run rewrap again, which empties it"
            )
        if total < 0:
            raise NotAuthentic(f"{called} was cut off")
        data_key = find(slots.current.key.key_id).unwrap(slots.current.key, context)
        stream.seek(BODY_OFFSET + total)
        tag = stream.read(TAG_BYTES)
        stream.seek(BODY_OFFSET)
        with whole_file(target, replace=replace) as plain:
            try:
                cipher = Cipher(algorithms.AES(data_key), modes.GCM(page.nonce)).decryptor()
                cipher.authenticate_additional_data(page.raw)
                done = _pump(stream, plain, cipher, total, lambda done: progress(done, total))
                cipher.finalize_with_tag(tag)
            except (InvalidTag, ValueError):
                raise NotAuthentic(
                    f"{called} is not what was sealed: it was cut off or changed, or its data key "
                    "is another file's"
                ) from None
            if done != total:
                raise NotAuthentic(f"{called} was cut off while it was read")


def rewrap(path: Path, *, find: Finder, key: WrappingKey) -> WrappedKey:
    """Wrap a sealed file's data key with another key, in the file's header; the data stay.

    Raises EncryptionError when one of the keys cannot be used, or another process re-wraps it.
    """
    with _opened(path, "r+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EncryptionError(f"{path} is being re-wrapped by another process") from None
        page = read_page(stream)
        old = read_slots(stream).current
        data_key = find(old.key.key_id).unwrap(old.key, page.context)
        wrapped = key.wrap(data_key, page.context)
        replace_slot(stream, old, wrapped)
        return wrapped


def inspect(path: Path) -> Inspected:
    """What the header says, without any key. Raises NotAuthentic when it cannot be read."""
    with _opened(path) as stream:
        page, slots = read_page(stream), read_slots(stream)
        size = os.fstat(stream.fileno()).st_size
    return Inspected(
        algorithm=page.algorithm,
        context=page.context,
        created=page.created,
        key=slots.current.key,
        generation=slots.current.generation,
        plain_bytes=max(0, size - BODY_OFFSET - TAG_BYTES),
        interrupted=slots.torn,
    )


def _opened(path: Path, mode: str = "rb") -> BinaryIO:
    try:
        if not path.is_file():
            raise EncryptionError(f"{path} is no file: give the path of one")
        return path.open(mode, buffering=0)  # type: ignore[return-value]
    except OSError as error:
        raise EncryptionError(f"{path} cannot be opened: {error.strerror}") from None
