"""Files to and from the sandbox's S3, through its own HTTP API like any client's."""

import json
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sandbox.archives import UnsafeArchiveError, extract
from sandbox.aws.context import Context
from sandbox.errors import JobError


@dataclass(frozen=True)
class Location:
    """``s3://bucket/key``; ``key`` may be a prefix or empty."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "Location":
        """Raises JobError when ``uri`` is not an S3 URI."""
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme not in ("s3", "https") or not bucket:
            raise JobError(f"ClientError: {uri!r} is not an S3 URI (s3://bucket/key)")
        return cls(bucket, key)

    def joined(self, *parts: str) -> "Location":
        key = "/".join(part.strip("/") for part in (self.key, *parts) if part.strip("/"))
        return Location(self.bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Transfer:
    """Uploads and downloads of one region's jobs."""

    def __init__(self, context: Context, region: str) -> None:
        self._s3 = context.client("s3", region)

    def keys(self, location: Location) -> list[str]:
        """Keys that start with the location's key, in order.

        Raises:
            JobError: the bucket does not exist.
        """
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=location.bucket, Prefix=location.key
        )
        try:
            return [item["Key"] for page in pages for item in page.get("Contents", [])]
        except ClientError as error:
            raise JobError(f"ClientError: Cannot list {location}: {error}") from error

    def download(self, location: Location, target: Path) -> None:
        """One object to one file.

        Raises:
            JobError: there is no such object.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            body = self._s3.get_object(Bucket=location.bucket, Key=location.key)["Body"]
            with target.open("wb") as file:
                for chunk in body.iter_chunks(1 << 20):
                    file.write(chunk)
        except ClientError as error:
            raise JobError(f"ClientError: Cannot download {location}: {error}") from error

    def read(self, location: Location) -> bytes:
        """One object's body; raises JobError when there is none."""
        try:
            body: bytes = self._s3.get_object(Bucket=location.bucket, Key=location.key)[
                "Body"
            ].read()
        except ClientError as error:
            raise JobError(f"ClientError: Cannot download {location}: {error}") from error
        return body

    def download_prefix(
        self, location: Location, target: Path, *, shard: tuple[int, int] = (0, 1)
    ) -> int:
        """Every object below a prefix, named by what follows the prefix; how many there were.

        The prefix is a prefix of the key, not a directory: ``data/train`` also matches
        ``data/train2/x``, as in the cloud. ``shard=(i, n)`` takes each n-th object.
        """
        keys = [key for key in self.keys(location) if not key.endswith("/")]
        for key in keys[shard[0] :: shard[1]]:
            relative = key[len(location.key) :].lstrip("/") or key.rsplit("/", 1)[-1]
            path = (target / relative).resolve()
            if not path.is_relative_to(target.resolve()):
                raise JobError(f"ClientError: object key {key!r} leads out of its channel")
            self.download(Location(location.bucket, key), path)
        return len(keys)

    def download_manifest(self, location: Location, target: Path) -> int:
        """The objects an S3 manifest names: ``[{"prefix": "s3://b/p/"}, "name", ...]``."""
        try:
            entries: list[Any] = json.loads(self.read(location))
            prefix = str(entries[0]["prefix"])
        except (ValueError, LookupError, TypeError) as error:
            raise JobError(f"ClientError: {location} is not an S3 manifest: {error!r}") from error
        for name in entries[1:]:
            self.download(Location.parse(prefix + str(name)), target / str(name))
        return len(entries) - 1

    def upload(self, path: Path, location: Location, *, key_id: str | None = None) -> None:
        """One file to one object, encrypted with the KMS key when one is given.

        Raises:
            JobError: the bucket does not exist or refuses.
        """
        extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        try:
            with path.open("rb") as body:
                self._s3.put_object(Bucket=location.bucket, Key=location.key, Body=body, **extra)
        except Exception as error:
            raise JobError(f"ClientError: Cannot upload to {location}: {error}") from error

    def put(self, data: bytes, location: Location, *, key_id: str | None = None) -> None:
        """Bytes to one object."""
        extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        self._s3.put_object(Bucket=location.bucket, Key=location.key, Body=data, **extra)


class DirectorySync:
    """Keeps an S3 prefix up to date with a directory: the checkpoints of a running job."""

    def __init__(self, transfer: Transfer, directory: Path, location: Location) -> None:
        self._transfer = transfer
        self._directory = directory
        self._location = location
        self._seen: dict[Path, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def restore(self) -> None:
        """Bring down what an earlier run left."""
        prefix = Location(self._location.bucket, self._location.key.rstrip("/") + "/")
        self._transfer.download_prefix(prefix, self._directory)
        self._seen = dict(self._files())

    def push(self) -> None:
        """Upload files that are new or changed since the last time."""
        with self._lock:
            for path, stamp in self._files():
                if self._seen.get(path) != stamp:
                    relative = path.relative_to(self._directory).as_posix()
                    try:
                        self._transfer.upload(path, self._location.joined(relative))
                    except JobError:
                        # Written and removed meanwhile: the next push sees what stayed.
                        if path.exists():
                            raise
                        continue
                    self._seen[path] = stamp

    def _files(self) -> list[tuple[Path, tuple[int, int]]]:
        found = []
        for path in sorted(self._directory.rglob("*")):
            try:
                if path.is_file() and not path.is_symlink():
                    stat = path.stat()
                    found.append((path, (stat.st_mtime_ns, stat.st_size)))
            except FileNotFoundError:
                continue
        return found


def pack(directory: Path, archive: Path) -> None:
    """A ``.tar.gz`` of the directory's content, names relative to it."""
    with tarfile.open(archive, "w:gz", compresslevel=5) as tar:
        for path in sorted(directory.iterdir()):
            tar.add(path, arcname=path.name)


def unpack(archive: Path, directory: Path, *, limit: int) -> None:
    """Open a ``.tar.gz``, refusing what could write outside of ``directory``.

    Args:
        limit: most bytes the content may have.

    Raises:
        JobError: not an archive, too large, or a member with an absolute path, ``..``, a link
            that leads out, or a device.
    """
    try:
        with tarfile.open(archive, "r:*") as tar:
            members = tar.getmembers()
            size = sum(member.size for member in members)
            if size > limit:
                raise JobError(f"archive holds {size} bytes, more than the limit of {limit}")
            directory.mkdir(parents=True, exist_ok=True)
            extract(tar, directory)
    except UnsafeArchiveError as error:
        raise JobError(f"archive refused: {error}") from error
    except (tarfile.TarError, EOFError, OSError) as error:
        raise JobError(f"not a usable tar.gz archive: {error}") from error
