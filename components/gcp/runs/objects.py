"""Objects in Cloud Storage, read as the handlers need them."""

import hashlib
import json
from typing import Any, Final
from urllib.parse import quote

from components.gcp.runs.cloud import ApiError, call, explained, is_missing, stream
from plugin.handler import ResourceFailedError

_CHUNK: Final = 1024 * 1024
_MAX_JSON_BYTES: Final = 4 * 1024 * 1024


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


def file_digest(uri: str, *, max_bytes: int) -> str:
    """SHA-256, in hexadecimal, of the object, which is never held in memory as a whole.

    Raises:
        ResourceFailedError: when it is missing or larger than ``max_bytes``.
    """
    digest = hashlib.sha256()
    size = 0
    with explained(uri), _open(uri) as response:
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
                if len(content) > _MAX_JSON_BYTES:
                    break
    try:
        values = json.loads(bytes(content)) if len(content) <= _MAX_JSON_BYTES else None
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ResourceFailedError(f"{uri} is no JSON object of at most 4 MiB")
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _open(uri: str) -> Any:
    try:
        return stream("storage", _path(uri), query={"alt": "media"})
    except ApiError as error:
        if is_missing(error):
            raise ResourceFailedError(
                f"{uri} does not exist (any more). The training script writes it into the model "
                "directory; train again: `pulumi up --replace` with the URN of the training job"
            ) from None
        raise


def _path(uri: str) -> str:
    bucket, name = parse_gs_uri(uri)
    return f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
