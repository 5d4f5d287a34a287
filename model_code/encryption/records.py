"""Key records: one data subject's or data set's key in a small file, so that it can be destroyed.

A record holds a key of 32 bytes wrapped by a key service. Files sealed "with the record" have their
data keys wrapped by that key (RFC 3394), so whoever destroys the record closes all of them at once,
wherever their copies lie. Ids of records are readable in every such file's header: give pseudonyms.
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .errors import EncryptionError, NotAuthentic, Shredded
from .keys import DATA_KEY_BYTES, DataKey, WrappedKey, WrappingKey, key_at_service
from .sealed import Finder
from .whole_files import sync_directory, whole_file

PREFIX = "record:"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Unreadable(NotAuthentic):
    """What lies in a record's place holds no key any more."""


class Records:
    """The records in one directory, `ID.json` each."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, identifier: str) -> Path:
        """Where a record lies. Raises EncryptionError for what is no id."""
        if _ID.fullmatch(identifier) is None:
            raise EncryptionError(
                f"{identifier!r} is no id of a key record: letters, digits, dots, dashes and "
                "underscores, at most 100"
            )
        return self._directory / f"{identifier}.json"

    def create(self, identifier: str, *, key: WrappingKey) -> WrappedKey:
        """A record with a new key. Raises EncryptionError when there is or was one of this id."""
        path = self.path(identifier)
        if path.exists():
            self.read(identifier)
            raise EncryptionError(f"{path} exists: use it, or give another id")
        self._directory.mkdir(parents=True, exist_ok=True)
        wrapped = key.new_data_key(_bound(identifier)).wrapped
        self._write(identifier, {"key": wrapped.as_json(), "created": _now()}, replace=False)
        return wrapped

    def read(self, identifier: str) -> WrappedKey:
        """The wrapped key. Raises Shredded after a shred, EncryptionError when it is not there."""
        content = self._content(identifier)
        if "shredded" in content:
            raise Shredded(
                f"key record {identifier} was shredded on {content['shredded']} "
                f"({content.get('reason')}): what it protected cannot be opened any more"
            )
        return WrappedKey.from_json(content.get("key"))

    def rewrap(self, identifier: str, *, find: Finder, key: WrappingKey) -> WrappedKey:
        """Wrap the record's key with another key; the files sealed with it stay as they are."""
        content = self._content(identifier)
        old = self.read(identifier)
        plain = find(old.key_id).unwrap(old, _bound(identifier))
        wrapped = key.wrap(plain, _bound(identifier))
        self._write(identifier, {**content, "key": wrapped.as_json(), "rewrapped": _now()})
        return wrapped

    def shred(self, identifier: str, *, reason: str) -> str:
        """Destroy a record; what stays says when and why. The id of the key it was wrapped with.

        Raises Shredded when that was done before.
        """
        path = self.path(identifier)
        try:
            key_id = self.read(identifier).key_id
        except Unreadable:
            key_id = "unknown"  # overwritten by a shred that was interrupted: end it
        # Over the old bytes first, for file systems that write in place.
        with path.open("r+b", buffering=0) as stream:
            stream.write(os.urandom(os.fstat(stream.fileno()).st_size))
            os.fsync(stream.fileno())
        tomb = {"shredded": _now(), "reason": reason, "key_was_wrapped_by": key_id}
        self._write(identifier, tomb)
        sync_directory(self._directory)
        return key_id

    def living(self) -> list[str]:
        """The ids of all records that were not shredded.

        Raises Unreadable when one cannot be read.
        """
        found = sorted(path.stem for path in self._directory.glob("*.json"))
        return [identifier for identifier in found if "key" in self._content(identifier)]

    def _content(self, identifier: str) -> dict[str, Any]:
        path = self.path(identifier)
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise EncryptionError(
                f"no key record {path}: say where the records are with --records"
            ) from None
        except OSError as error:
            raise EncryptionError(f"{path} cannot be read: {error.strerror}") from None
        except ValueError:
            raise Unreadable(
                f"{path} is no key record, or its shred was interrupted: shred it again"
            ) from None
        # A record that was copied under another name would close the wrong files when shredded.
        if not isinstance(content, dict) or content.get("record") != identifier:
            raise NotAuthentic(f"{path} is not the key record {identifier}")
        return content

    def _write(self, identifier: str, content: dict[str, Any], *, replace: bool = True) -> None:
        text = json.dumps({**content, "record": identifier}, sort_keys=True, indent=1) + "\n"
        with whole_file(self.path(identifier), replace=replace) as stream:
            stream.write(text.encode())


class RecordKey:
    """A record's key as a wrapping key; its key service is asked once."""

    algorithm = "RFC 3394 AES-256"

    def __init__(self, records: Records, identifier: str) -> None:
        self._records, self._identifier = records, identifier
        records.path(identifier)

    def new_data_key(self, context: Mapping[str, str]) -> DataKey:
        plain = os.urandom(DATA_KEY_BYTES)
        return DataKey(plain, self.wrap(plain, context))

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        from cryptography.hazmat.primitives.keywrap import aes_key_wrap

        del context  # the data are bound to it
        wrapped = aes_key_wrap(self._plain(), data_key)
        return WrappedKey(f"{PREFIX}{self._identifier}", self.algorithm, wrapped)

    def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        del context
        try:
            return aes_key_unwrap(self._plain(), wrapped.wrapped)
        except InvalidUnwrap:
            raise NotAuthentic(
                f"key record {self._identifier} did not wrap this data key"
            ) from None

    def _plain(self) -> bytes:
        wrapped = self._records.read(self._identifier)
        return key_at_service(wrapped.key_id).unwrap(wrapped, _bound(self._identifier))


def finder(records: Path | None) -> Finder:
    """Finds keys at their services, and records in a directory."""

    def find(key_id: str) -> WrappingKey:
        if not key_id.startswith(PREFIX):
            return key_at_service(key_id)
        if records is None:
            raise EncryptionError(f"sealed with key {key_id}: say --records DIRECTORY")
        return RecordKey(Records(records), key_id.removeprefix(PREFIX))

    return find


def _bound(identifier: str) -> dict[str, str]:
    return {"key_record": identifier}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")  # noqa: UP017 - Python 3.10
