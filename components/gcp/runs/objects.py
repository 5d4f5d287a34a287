"""Objects in Cloud Storage, read as the handlers need them."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from components.gcp.runs.cloud import (
    ApiError,
    base_url,
    call,
    credentials,
    explained,
    is_missing,
    stream,
)
from components.runs import evaluation
from components.runs.model_digest import digest_of
from components.runs.polling import Polling
from plugin.handler import Properties, ResourceFailedError

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


def put(polling: Polling, uri: str, file: Path, properties: Properties) -> None:
    """Stores a file, large ones in parts, and has its checksum compared.

    Raises:
        ResourceFailedError: when Cloud Storage refuses.
    """
    # Seconds to import, but it goes on with a long upload that was broken off.
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud.storage import Client

    del polling, properties
    bucket, name = parse_gs_uri(uri)
    with explained(uri):
        client = Client(
            project="_",  # objects belong to buckets: no request names a project
            credentials=credentials(),
            client_options={"api_endpoint": base_url("storage")},
        )
        try:
            client.bucket(bucket).blob(name).upload_from_filename(
                str(file), content_type="application/octet-stream", checksum="crc32c"
            )
        except GoogleAPICallError as error:
            status = int(error.code or 0)
            raise ApiError(status, type(error).__name__, str(error.message)) from error


def first_bytes(uri: str, count: int, properties: Properties) -> bytes | None:
    """What an object begins with; ``None`` when it is not there.

    Raises:
        ResourceFailedError: when Cloud Storage does not tell.
    """
    del properties
    with explained(uri):
        try:
            response = stream("storage", _path(uri), query={"alt": "media"})
        except ApiError as error:
            if is_missing(error):
                return None
            raise
        start = bytearray()
        with response:
            for chunk in response.iter_content(count):
                start += chunk
                if len(start) >= count:
                    break
    return bytes(start[:count])


def remove(uri: str, properties: Properties) -> None:
    """Deletes an object; one that is gone is no error.

    Raises:
        ResourceFailedError: when Cloud Storage refuses.
    """
    del properties
    with explained(uri):
        try:
            call("storage", "DELETE", _path(uri))
        except ApiError as error:
            if not is_missing(error):
                raise


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
    with explained(uri), _open(uri, remedy) as response:
        return digest_of(response.iter_content(_CHUNK), uri, max_bytes=max_bytes)


def numbers_in(uri: str) -> dict[str, float] | None:
    """The numbers at the top of a JSON object; ``None`` where it is not there.

    Raises:
        ResourceFailedError: when it is no JSON object of at most 4 MiB.
    """
    content = first_bytes(uri, evaluation.MAX_BYTES + 1, {})
    return None if content is None else evaluation.numbers_of(content, uri)


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
