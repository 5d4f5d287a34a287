"""Files in Cloud Storage for a training that works on directories: fetched before, stored after.

`gs://bucket/folder` stands for a directory wherever a path is taken; anything else is a local path
and stays where it is. google-cloud-storage, which Google's images have, is imported only for gs://.
"""

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from user_errors import DataError

SCHEME = "gs://"


def is_remote(place: str) -> bool:
    """Whether the place is in Cloud Storage."""
    return place.startswith(SCHEME)


def fetched(place: str) -> Path:
    """A local directory with what is in `place`, which may be empty.

    Raises DataError when Cloud Storage cannot be read or a name leads out of the directory.
    """
    if not is_remote(place):
        return Path(place)
    directory = Path(tempfile.mkdtemp(prefix="fetched-"))
    bucket, prefix = _parts(place)
    try:
        for blob in _client().list_blobs(bucket, prefix=prefix):
            target = directory / blob.name.removeprefix(prefix)
            if blob.name.endswith("/"):
                continue
            if not target.resolve().is_relative_to(directory.resolve()):
                raise DataError(f"object {blob.name!r} of {place} leads out of its folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            blob.download_to_filename(str(target))
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{place} cannot be read: {error}") from error
    return directory


def local_directory(place: str) -> Path:
    """Where to write what belongs in `place`: the place itself, or a directory to store later."""
    return Path(tempfile.mkdtemp(prefix="stored-")) if is_remote(place) else Path(place)


def store(directory: Path, place: str) -> None:
    """Store a directory's files below `place`, unless that is a local path already.

    An object becomes visible as a whole. Raises DataError when Cloud Storage refuses.
    """
    if not is_remote(place):
        return
    bucket, prefix = _parts(place)
    try:
        target = _client().bucket(bucket)
        for file in sorted(path for path in directory.rglob("*") if path.is_file()):
            name = prefix + file.relative_to(directory).as_posix()
            target.blob(name).upload_from_filename(str(file), checksum="crc32c")
    except Exception as error:
        raise DataError(f"{place} cannot be written: {error}") from error


def _parts(place: str) -> tuple[str, str]:
    bucket, _, prefix = place.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise DataError(f"{place!r} names no bucket: expected gs://bucket/folder")
    prefix = prefix.rstrip("/")
    return bucket, f"{prefix}/" if prefix else ""


def _client() -> Any:
    return import_module("google.cloud.storage").Client()
