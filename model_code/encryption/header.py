r"""The head of a sealed file: a page that never changes, and two slots for the wrapped data key.

    0     4096 bytes  magic (16), length (4, big endian), JSON, zeros    additional data of the body
    4096  2048 bytes  slot: length (4), SHA-256 (32), JSON, zeros        \ one of them holds the
    6144  2048 bytes  slot                                               / key, the other is zeros
    8192              AES-256-GCM of the data, then its tag (16)

Re-wrapping writes the empty slot, makes sure it is on the disk, then empties the other: whenever it
is interrupted, one slot is whole. The digest of a slot only tells a torn one from a whole one; that
nobody changed it is proved by the key that opens it and by the body's tag.
"""

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass
from typing import BinaryIO

from .errors import EncryptionError, NotAuthentic
from .keys import WrappedKey

MAGIC = b"TRIMARAN SEALED1"
ALGORITHM = "AES-256-GCM"
PAGE_BYTES = 4096
SLOT_BYTES = 2048
BODY_OFFSET = PAGE_BYTES + 2 * SLOT_BYTES
_LENGTH_BYTES = 4
_DIGEST_BYTES = hashlib.sha256().digest_size
_EMPTY = bytes(SLOT_BYTES)


@dataclass(frozen=True)
class Page:
    """What a file says of itself; `raw` is the page as it lies in the file."""

    algorithm: str
    context: dict[str, str]
    created: str
    nonce: bytes
    raw: bytes


@dataclass(frozen=True)
class Slot:
    """The wrapped data key, how often it has been wrapped, and where it lies (0 or 1)."""

    key: WrappedKey
    generation: int
    place: int


@dataclass(frozen=True)
class Slots:
    """The slot that counts; `torn` when the other one is a rest of something."""

    current: Slot
    torn: bool


def new_page(*, context: dict[str, str], created: str, nonce: bytes) -> Page:
    """A page for a new file. Raises EncryptionError when the context does not fit."""
    content = {
        "algorithm": ALGORITHM,
        "context": context,
        "created": created,
        "nonce": base64.b64encode(nonce).decode(),
    }
    raw = _framed(MAGIC, json.dumps(content, sort_keys=True).encode(), PAGE_BYTES)
    return Page(ALGORITHM, context, created, nonce, raw)


def encoded_slot(key: WrappedKey, generation: int) -> bytes:
    """A slot's bytes. Raises EncryptionError when the wrapped key does not fit."""
    content = json.dumps({**key.as_json(), "generation": generation}, sort_keys=True).encode()
    length = len(content).to_bytes(_LENGTH_BYTES, "big")
    digest = hashlib.sha256(length + content).digest()
    return _padded(length + digest + content, SLOT_BYTES)


def _framed(start: bytes, content: bytes, size: int) -> bytes:
    return _padded(start + len(content).to_bytes(_LENGTH_BYTES, "big") + content, size)


def _padded(data: bytes, size: int) -> bytes:
    if len(data) > size:
        raise EncryptionError(f"{len(data)} bytes of header do not fit in {size}: shorten them")
    return data + bytes(size - len(data))


def is_sealed(stream: BinaryIO) -> bool:
    """Whether the file starts as sealed files do."""
    return stream.read(len(MAGIC)) == MAGIC


def read_page(stream: BinaryIO) -> Page:
    """The first page, from the file's start. Raises NotAuthentic when it cannot be one."""
    raw = stream.read(PAGE_BYTES)
    if not raw.startswith(MAGIC):
        raise NotAuthentic("this is no sealed file: it does not start as one")
    if len(raw) < PAGE_BYTES:
        raise NotAuthentic("the file was cut off within its header")
    start = len(MAGIC) + _LENGTH_BYTES
    end = start + int.from_bytes(raw[len(MAGIC) : start], "big")
    try:
        content = json.loads(raw[start:end])
        context = {str(name): str(value) for name, value in content["context"].items()}
        nonce = base64.b64decode(content["nonce"], validate=True)
        page = Page(content["algorithm"], context, str(content["created"]), nonce, raw)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise NotAuthentic("the header cannot be read: it was changed") from None
    if page.algorithm != ALGORITHM:
        raise NotAuthentic(f"the header names the algorithm {page.algorithm!r}, not {ALGORITHM}")
    return page


def read_slots(stream: BinaryIO) -> Slots:
    """Both slots, after the page. Raises NotAuthentic when none is whole."""
    stream.seek(PAGE_BYTES)
    raw = [stream.read(SLOT_BYTES) for _ in range(2)]
    whole = [slot for place, data in enumerate(raw) if (slot := _decoded_slot(data, place))]
    if not whole:
        raise NotAuthentic("the header holds no whole data key: it was cut off or changed")
    current = max(whole, key=lambda slot: slot.generation)
    other = raw[1 - current.place]
    return Slots(current, torn=len(whole) == 1 and other != _EMPTY)


def _decoded_slot(data: bytes, place: int) -> Slot | None:
    start = _LENGTH_BYTES + _DIGEST_BYTES
    end = start + int.from_bytes(data[:_LENGTH_BYTES], "big")
    content = data[start:end]
    digest = hashlib.sha256(data[:_LENGTH_BYTES] + content).digest()
    if len(data) < SLOT_BYTES or end > SLOT_BYTES or data[_LENGTH_BYTES:start] != digest:
        return None
    if any(data[end:]):
        return None
    try:
        given = json.loads(content)
        return Slot(WrappedKey.from_json(given), int(given["generation"]), place)
    except (ValueError, KeyError, TypeError):
        return None


def replace_slot(stream: BinaryIO, old: Slot, key: WrappedKey) -> None:
    """Put `key` in the other slot, on the disk, then empty the old one."""
    _write(stream, 1 - old.place, encoded_slot(key, old.generation + 1))
    _write(stream, old.place, _EMPTY)


def _write(stream: BinaryIO, place: int, data: bytes) -> None:
    stream.seek(PAGE_BYTES + place * SLOT_BYTES)
    stream.write(data)
    stream.flush()
    os.fsync(stream.fileno())
