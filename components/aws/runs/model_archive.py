"""Reading a job's archives from S3 as streams, trusting nothing in them."""

import gzip
import hashlib
import tarfile
import time
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, Any, Final, TypeVar

from components.aws.runs.cloud import client, explained, is_missing, parse_s3_uri
from components.runs import evaluation
from plugin.handler import ResourceFailedError

_TRAIN_AGAIN: Final = (
    "Train again: delete the job's record (`aws sagemaker delete-training-job`), then "
    "`pulumi up --refresh`"
)
_CHUNK: Final = 1024 * 1024
_ATTEMPTS: Final = 3
_MAX_MEMBERS: Final = 10_000
_MAX_REPORT_BYTES: Final = 256 * 1024 * 1024
_Result = TypeVar("_Result")


def file_digest(uri: str, region: str | None, *, file: str, max_bytes: int) -> str:
    """SHA-256, in hexadecimal, of the one ``file`` in the archive at ``uri``.

    Raises:
        ResourceFailedError: when the archive is missing, broken or too big, holds the file not
            exactly once, or holds a name that leaves its folder, a link or a device.
    """

    def digest(content: IO[bytes]) -> str:
        found = hashlib.sha256()
        while chunk := content.read(_CHUNK):
            found.update(chunk)
        return found.hexdigest()

    digests = _read(uri, region, file, max_bytes, digest)
    if digests is None:
        raise ResourceFailedError(f"{uri} does not exist (any more). {_TRAIN_AGAIN}")
    if len(digests) != 1:
        times = "no" if not digests else f"{len(digests)} times the"
        raise ResourceFailedError(
            f"{uri} holds {times} file {file}; it must hold it exactly once. The training script "
            f"writes it into SM_MODEL_DIR"
        )
    return digests[0]


def numbers_in(uri: str, region: str | None, *, file: str) -> dict[str, float] | None:
    """The numbers at the top of a JSON ``file`` in the archive; ``None`` where it is not.

    Raises:
        ResourceFailedError: when the archive is unfit (as for :func:`file_digest`), or the file is
            no JSON object.
    """

    def numbers(content: IO[bytes]) -> dict[str, float]:
        return evaluation.numbers_of(content.read(evaluation.MAX_BYTES + 1), f"{uri}: {file}")

    found = _read(uri, region, file, _MAX_REPORT_BYTES, numbers)
    return found[-1] if found else None


def _read(
    uri: str, region: str | None, file: str, max_bytes: int, use: Callable[[IO[bytes]], _Result]
) -> list[_Result] | None:
    """``use`` applied to each ``file`` in the archive; ``None`` when there is no archive."""
    from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

    bucket, key = parse_s3_uri(uri)
    for attempt in range(1, _ATTEMPTS + 1):
        with explained(uri):
            try:
                body = client("s3", region).get_object(Bucket=bucket, Key=key)["Body"]
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
            try:
                return _scan(body, uri, file, max_bytes, use)
            except (HTTPClientError, IncompleteReadError):
                # A connection lost in the middle of the stream, which botocore does not retry.
                if attempt == _ATTEMPTS:
                    raise
            finally:
                body.close()
        time.sleep(attempt)
    raise AssertionError("unreachable")


def _scan(
    body: Any, uri: str, file: str, max_bytes: int, use: Callable[[IO[bytes]], _Result]
) -> list[_Result]:
    results = []
    try:
        content: Any = _Limited(gzip.GzipFile(fileobj=body, mode="rb"), max_bytes, uri)
        with tarfile.open(fileobj=content, mode="r|") as archive:
            for count, member in enumerate(archive):
                _require_harmless(member, uri)
                if count >= _MAX_MEMBERS:
                    raise ResourceFailedError(f"{uri} holds more than {_MAX_MEMBERS} files")
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None and PurePosixPath(member.name) == PurePosixPath(file):
                    results.append(use(stream))
            # To the end of the stream, where gzip's checksum is.
            while content.read(_CHUNK):
                pass
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ResourceFailedError(
            f"{uri} is no intact .tar.gz archive ({error}). {_TRAIN_AGAIN}"
        ) from error
    return results


def _require_harmless(member: tarfile.TarInfo, uri: str) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        fault = "has a name that leaves the archive's folder"
    elif member.issym() or member.islnk():
        fault = f"is a link (to {member.linkname!r})"
    elif not (member.isfile() or member.isdir()):
        fault = "is neither a file nor a folder"
    else:
        return
    raise ResourceFailedError(
        f"{uri} is refused: {member.name!r} {fault}. The training script must write plain files "
        "into SM_MODEL_DIR"
    )


class _Limited:
    """A stream that refuses to give more than ``limit`` bytes: an archive may be a bomb."""

    def __init__(self, stream: gzip.GzipFile, limit: int, uri: str) -> None:
        self._stream = stream
        self._left = limit
        self._limit = limit
        self._uri = uri

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, _CHUNK) if size > 0 else _CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise ResourceFailedError(
                f"{self._uri} holds more than the {self._limit} bytes (unpacked) that are "
                "allowed for it"
            )
        return data
