"""Checksums: those that parts' can be joined to (CRCs), and those that need all bytes in order."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from awscrt import checksums

_Update = Callable[[bytes], int]
_Join = Callable[[int, int, int], int]

# In the order in which one is chosen where the source has several.
_CRCS: Final[Mapping[str, tuple[int, _Update, _Join]]] = {
    "CRC32C": (4, checksums.crc32c, checksums.combine_crc32c),
    "CRC64NVME": (8, checksums.crc64nvme, checksums.combine_crc64nvme),
    "CRC32": (4, checksums.crc32, checksums.combine_crc32),
}
_DIGESTS: Final = ("SHA256", "SHA1", "MD5")
CRC32C: Final = "CRC32C"
KNOWN: Final = (*_CRCS, *_DIGESTS)


@dataclass(frozen=True, slots=True)
class Crc:
    """The CRC of a stretch of ``size`` bytes; neighbours are joined with ``+``."""

    algorithm: str
    value: int
    size: int

    @classmethod
    def of(cls, algorithm: str, data: bytes) -> "Crc":
        return cls(algorithm, _CRCS[algorithm][1](data), len(data))

    @classmethod
    def joined(cls, algorithm: str, stretches: Iterable["Crc"]) -> "Crc":
        """The CRC of stretches one after the other; of nothing when there are none."""
        total = cls(algorithm, 0, 0)
        for stretch in stretches:
            total += stretch
        return total

    def __add__(self, after: "Crc") -> "Crc":
        assert self.algorithm == after.algorithm
        value = _CRCS[self.algorithm][2](self.value, after.value, after.size)
        return Crc(self.algorithm, value, self.size + after.size)

    @property
    def base64(self) -> str:
        """The value as the clouds write it: big-endian bytes in base64."""
        return base64.b64encode(self.value.to_bytes(_CRCS[self.algorithm][0], "big")).decode()


def crc32c_of(text: str) -> int:
    """The number that base64 text stands for."""
    return int.from_bytes(base64.b64decode(text), "big")


def joinable(digests: Mapping[str, str]) -> str | None:
    """The algorithm of ``digests`` that works on parts in any order, if there is one."""
    return next((name for name in _CRCS if name in digests), None)


def in_order(digests: Mapping[str, str]) -> str | None:
    """The algorithm of ``digests`` that needs the bytes from the first to the last."""
    return next((name for name in _DIGESTS if name in digests), None)


def hasher(algorithm: str) -> Any:
    """A new hash of ``hashlib`` for a digest that needs the bytes in order."""
    return hashlib.new(algorithm.lower(), usedforsecurity=False)


def digest(algorithm: str, data: bytes) -> str:
    """The checksum of ``data`` in base64."""
    if algorithm in _CRCS:
        return Crc.of(algorithm, data).base64
    running = hasher(algorithm)
    running.update(data)
    return base64.b64encode(running.digest()).decode()


def base64_of_hex(text: str) -> str:
    """Hexadecimal digits as base64. Raises ValueError when they are none."""
    return base64.b64encode(bytes.fromhex(text)).decode()
