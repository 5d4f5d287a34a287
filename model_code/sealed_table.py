"""A table that was sealed before it came to the cloud, opened where it is prepared.

A job opens what it was told to: with this key and for this context, nothing else. The plain table
lies in a directory of this job's own, which only it can read, until the job has read it.
docs/encryption.md tells the format.
"""

import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from encryption.contexts import described
from encryption.errors import EncryptionError, KeyRefused
from encryption.keys import key_at_service
from encryption.sealed import pinned, unseal
from user_errors import DataError

ENDING = ".sealed"
# A right to a key that was given just before the job came may take minutes until it holds:
# https://cloud.google.com/iam/docs/access-change-propagation
_GRANTING_SECONDS = 300.0
_PAUSE_SECONDS = 10.0


@dataclass(frozen=True)
class Seal:
    """By which key a table must be sealed, and for what."""

    key: str
    dataset: str
    purpose: str

    @property
    def context(self) -> dict[str, str]:
        """What is bound to the table as additional authenticated data."""
        return {"dataset": self.dataset, "purpose": self.purpose}


def add_seal_arguments(parser: ArgumentParser) -> None:
    """What a job is told of a sealed table: all three, or nothing."""
    parser.add_argument("--seal_key", default="", help="the table is sealed with this key")
    parser.add_argument("--seal_dataset", default="", help="the data set that it is sealed as")
    parser.add_argument("--seal_purpose", default="", help="the purpose that it is sealed for")


def seal_of(arguments: Namespace) -> Seal | None:
    """The seal to open; None for a plain table. Raises DataError for half of one."""
    given = (arguments.seal_key, arguments.seal_dataset, arguments.seal_purpose)
    if not any(given):
        return None
    if not all(given):
        raise DataError("a sealed table needs --seal_key, --seal_dataset and --seal_purpose")
    return Seal(*given)


@contextmanager
def opened(stored: Path, seal: Seal, *, name: str) -> Iterator[Path]:
    """The plain table, there only while the block runs; `name` is what messages call it.

    Raises DataError, which names table and context, when it is not sealed so; then nothing of it
    was written.
    """
    with tempfile.TemporaryDirectory(prefix="opened-") as directory:
        plain = Path(directory) / Path(name).name.removesuffix(ENDING)
        try:
            _open(stored, plain, seal, name)
        except EncryptionError as error:
            raise DataError(
                f"{name} cannot be opened for {described(seal.context)}: {error}"
            ) from None
        yield plain


@contextmanager
def opened_if_sealed(stored: Path, seal: Seal | None) -> Iterator[Path]:
    """As `opened`; a table without a seal is itself."""
    if seal is None:
        yield stored
        return
    with opened(stored, seal, name=str(stored)) as plain:
        yield plain


def _open(stored: Path, plain: Path, seal: Seal, name: str) -> None:
    start = time.monotonic()
    find = pinned(key_at_service, seal.key, name)
    while True:
        try:
            unseal(stored, plain, find=find, context=seal.context, name=name)
        except KeyRefused as error:
            if time.monotonic() - start > _GRANTING_SECONDS:
                raise
            print(f"waiting for the right to use the key: {error}", flush=True)
            time.sleep(_PAUSE_SECONDS)
        else:
            return
