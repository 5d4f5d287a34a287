"""Single blobs, written and read as the handlers need them."""

from pathlib import Path

from components.azure.runs.blobs import blob_client, once_granted
from components.azure.runs.errors import explained, is_missing
from components.runs.polling import Polling
from plugin.handler import Properties


def put(polling: Polling, uri: str, file: Path, properties: Properties) -> None:
    """Stores a file; a role that was just assigned gets its time.

    Raises:
        ResourceFailedError: when the service refuses.
    """
    from azure.storage.blob import ContentSettings

    del properties
    settings = ContentSettings(content_type="application/octet-stream")

    def upload() -> None:
        with file.open("rb") as data:
            blob_client(uri).upload_blob(data, overwrite=True, content_settings=settings)

    once_granted(polling, uri, upload)


def first_bytes(uri: str, count: int, properties: Properties) -> bytes | None:
    """What a blob begins with; ``None`` when it is not there.

    Raises:
        ResourceFailedError: when the service does not tell.
    """
    from azure.core.exceptions import HttpResponseError

    del properties
    with explained(uri):
        try:
            content: bytes = blob_client(uri).download_blob(offset=0, length=count).readall()
        except HttpResponseError as error:
            if is_missing(error):
                return None
            if error.status_code == 416:  # nothing at all in it
                return b""
            raise
    return content


def remove(uri: str, properties: Properties) -> None:
    """Deletes a blob and its snapshots; one that is gone is no error.

    Raises:
        ResourceFailedError: when the service refuses.
    """
    from azure.core.exceptions import HttpResponseError

    del properties
    with explained(uri):
        try:
            blob_client(uri).delete_blob(delete_snapshots="include")
        except HttpResponseError as error:
            if not is_missing(error):
                raise
