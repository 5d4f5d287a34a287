"""Addresses of objects and prefixes: ``s3://bucket/key``, ``gs://bucket/name``, ``az://container/name``."""

from dataclasses import dataclass

from transfer.errors import BadAddress

SOURCES = ("s3",)
SINKS = ("gs", "az")


@dataclass(frozen=True)
class Address:
    """A bucket, and what is after it: a prefix, an object's name, or nothing."""

    scheme: str
    bucket: str
    path: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.path}".rstrip("/") or self.scheme

    @property
    def folder(self) -> str:
        """The path as a prefix; without its ``/``, ``data`` would mean ``database`` too."""
        return self.path if not self.path or self.path.endswith("/") else f"{self.path}/"


def parse(text: str, schemes: tuple[str, ...]) -> Address:
    """Read an address. Raises BadAddress with an example when it is none of ``schemes``."""
    scheme, separator, rest = text.partition("://")
    bucket, _, path = rest.partition("/")
    if not separator or scheme not in schemes or not bucket:
        examples = " or ".join(f"{name}://bucket/prefix" for name in schemes)
        raise BadAddress(f"{text!r} is not an address that fits here", remedy=f"use {examples}")
    return Address(scheme, bucket, path)
