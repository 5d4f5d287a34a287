"""Blobs, read and written as the handlers need them, with the identity that runs Pulumi."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from components.azure.runs.cloud import credential
from components.azure.runs.errors import explained, is_missing
from components.runs import evaluation
from components.runs.model_digest import digest_of
from components.runs.polling import Polling
from plugin.handler import Properties, ResourceFailedError
from plugin.values import UNKNOWN, contains_unknown

_TAIL_BYTES: Final = 64 * 1024
# A role that was assigned seconds ago may not be known everywhere yet.
_GRANTING_SECONDS: Final = 300.0
_NOT_GRANTED: Final = frozenset({"AuthorizationFailure", "AuthorizationPermissionMismatch"})
_Result = TypeVar("_Result")


def blob_client(url: str) -> Any:
    """The client of the blob at ``url``.

    Raises:
        ResourceFailedError: when ``url`` is none of a blob.
    """
    from azure.storage.blob import BlobClient

    try:
        return BlobClient.from_blob_url(url, credential=credential())
    except ValueError:
        raise ResourceFailedError(
            f"{url!r} is no address of a blob: expected https://ACCOUNT…/CONTAINER/NAME"
        ) from None


def blob_url(properties: Properties) -> Any:
    """The address of ``path`` in a resource's ``container``, as far as it is known yet."""
    parts = [properties[name] for name in ("accountUrl", "container", "path")]
    if contains_unknown(parts):
        return UNKNOWN
    account, container, path = parts
    return f"{str(account).rstrip('/')}/{container}/{path}"


def container_client(account_url: str, container: str) -> Any:
    """The client of a container; ``account_url`` is the account's ``primaryEndpoints.blob``."""
    from azure.storage.blob import ContainerClient

    return ContainerClient(account_url.rstrip("/"), container, credential=credential())


def blob_exists(url: str) -> bool:
    """Whether the blob is there.

    Raises:
        ResourceFailedError: when the service does not tell, e.g. for lack of permission.
    """
    with explained(url):
        return bool(blob_client(url).exists())


def names_below(account_url: str, container: str, prefix: str) -> set[str]:
    """The names of the container's blobs that begin with ``prefix``; none without a container.

    Raises:
        azure.core.exceptions.AzureError: when the service does not tell.
    """
    from azure.core.exceptions import ResourceNotFoundError

    client = container_client(account_url, container)
    try:
        return set(client.list_blob_names(name_starts_with=prefix))
    except ResourceNotFoundError:
        return set()


def delete_written(properties: Properties, etags: Mapping[str, str]) -> None:
    """Deletes those of the container's blobs that are still as they were written.

    What was written over since belongs to somebody else: when a table is no longer uploaded but
    transferred, or the other way round, the new one is there before the old resource goes.

    Raises:
        ResourceFailedError: when the service refuses.
    """
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

    container = container_client(properties["accountUrl"], properties["container"])
    with explained(str(blob_url(properties))):
        for name, etag in etags.items():
            try:
                container.delete_blob(
                    name,
                    delete_snapshots="include",
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                )
            except (ResourceModifiedError, ResourceNotFoundError):
                continue


def file_digest(url: str, *, max_bytes: int, remedy: str) -> str:
    """SHA-256, in hexadecimal, of the blob, which is never held in memory as a whole.

    Raises:
        ResourceFailedError: when it is missing, with the remedy, or larger than ``max_bytes``.
    """
    with explained(url):
        return digest_of(_chunks(url, remedy), url, max_bytes=max_bytes)


def numbers_in(url: str) -> dict[str, float] | None:
    """The numbers at the top of a JSON object; ``None`` where it is not there.

    Raises:
        ResourceFailedError: when it is no JSON object of at most 4 MiB.
    """
    from azure.core.exceptions import HttpResponseError

    with explained(url):
        try:
            stream = blob_client(url).download_blob(offset=0, length=evaluation.MAX_BYTES + 1)
        except HttpResponseError as error:
            if is_missing(error):
                return None
            if error.status_code != 416:  # nothing at all in it
                raise
            return evaluation.numbers_of(b"", url)
        content: bytes = stream.readall()
    return evaluation.numbers_of(content, url)


def newest_blob_tail(account_url: str, container: str, prefix: str, *, lines: int) -> list[str]:
    """The last lines of the blob below ``prefix`` that was written last; ``[]`` without one.

    Raises:
        azure.core.exceptions.AzureError: when it cannot be read.
    """
    client = container_client(account_url, container)
    found = [blob for blob in client.list_blobs(name_starts_with=prefix) if blob.size]
    if not found:
        return []
    newest = max(found, key=lambda blob: (blob.last_modified, blob.name))
    start = max(0, newest.size - _TAIL_BYTES)
    content: bytes = client.download_blob(newest.name, offset=start).readall()
    shown = content.decode(errors="replace").splitlines()
    return shown[1 if start and len(shown) > 1 else 0 :][-lines:]


def once_granted(polling: Polling, subject: str, work: Callable[[], _Result]) -> _Result:
    """Does ``work``; a role that was just assigned gets five minutes to be known everywhere.

    Raises:
        ResourceFailedError: when it fails, beginning with ``subject``.
        OperationInterruptedError: when the user interrupted the update.
    """
    from azure.core.exceptions import HttpResponseError

    with explained(subject):
        while True:
            try:
                return work()
            except HttpResponseError as error:
                refused = str(getattr(error, "error_code", "")) in _NOT_GRANTED
                if not refused or polling.elapsed > _GRANTING_SECONDS:
                    raise
            polling.pause("waiting for its role assignment to be known")


def _chunks(url: str, remedy: str) -> Iterator[bytes]:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        stream = blob_client(url).download_blob()
    except ResourceNotFoundError:
        raise ResourceFailedError(f"{url} does not exist (any more). {remedy}") from None
    yield from stream.chunks()
