"""Objects in Cloud Storage, read as the handlers need them."""

import hashlib
from typing import Any, Final
from urllib.parse import quote

from components.gcp.runs.cloud import ApiError, call, explained, is_missing, stream
from components.runs import evaluation
from plugin.handler import ResourceFailedError

_CHUNK: Final = 1024 * 1024


def parse_gs_uri(uri: str) -> tuple[str, str]:
    """Bucket and object name of ``gs://bucket/name``.

    Raises:
        ResourceFailedError: for anything else.
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, name = rest.partition("/")
    if scheme != "gs" or not bucket:
        raise ResourceFailedError(f"{uri!r} is no Cloud Storage address: expected gs://bucket/name")
    return bucket, name


def object_exists(uri: str) -> bool:
    """Whether the object is there.

    Raises:
        ResourceFailedError: when Cloud Storage does not tell, e.g. for lack of permission.
    """
    with explained(uri):
        try:
            call("storage", "GET", _path(uri))
        except ApiError as error:
            if is_missing(error):
                return False
            raise
    return True


def has_objects(uri: str) -> bool:
    """Whether any object's address begins with ``uri``.

    Raises:
        ResourceFailedError: when Cloud Storage does not tell, e.g. for lack of permission.
    """
    bucket, prefix = parse_gs_uri(uri)
    path = f"/storage/v1/b/{quote(bucket, safe='')}/o"
    with explained(uri):
        try:
            found = call("storage", "GET", path, query={"prefix": prefix, "maxResults": "1"})
        except ApiError as error:
            if is_missing(error):
                return False
            raise
    return bool(found.get("items"))


def file_digest(uri: str, *, max_bytes: int, remedy: str) -> str:
    """SHA-256, in hexadecimal, of the object, which is never held in memory as a whole.

    Raises:
        ResourceFailedError: when it is missing, with the remedy, or larger than ``max_bytes``.
    """
    digest = hashlib.sha256()
    size = 0
    with explained(uri), _open(uri, remedy) as response:
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise ResourceFailedError(
                    f"{uri} is larger than {max_bytes} bytes, the most that is accepted as a model"
                )
            digest.update(chunk)
    return digest.hexdigest()


def numbers_in(uri: str) -> dict[str, float] | None:
    """The numbers at the top of a JSON object; ``None`` where it is not there.

    Raises:
        ResourceFailedError: when it is no JSON object of at most 4 MiB.
    """
    content = bytearray()
    with explained(uri):
        try:
            response = stream("storage", _path(uri), query={"alt": "media"})
        except ApiError as error:
            if is_missing(error):
                return None
            raise
        with response:
            for chunk in response.iter_content(_CHUNK):
                content += chunk
                if len(content) > evaluation.MAX_BYTES:
                    break
    return evaluation.numbers_of(bytes(content), uri)


def _open(uri: str, remedy: str) -> Any:
    try:
        return stream("storage", _path(uri), query={"alt": "media"})
    except ApiError as error:
        if is_missing(error):
            raise ResourceFailedError(f"{uri} does not exist (any more). {remedy}") from None
        raise


def _path(uri: str) -> str:
    bucket, name = parse_gs_uri(uri)
    return f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
