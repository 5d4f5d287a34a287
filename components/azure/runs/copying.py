"""The copying of an object of S3 into a container, told in the words of an update."""

import threading
import time
from typing import Any, Final

from azure.storage.blob import BlobServiceClient

from components.azure.runs.blobs import blob_client, blob_url, once_granted
from components.azure.runs.cloud import credential
from components.azure.runs.errors import explained
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, Properties, ResourceFailedError
from plugin.provider import Context
from transfer import transfer
from transfer.errors import Interrupted, TransferError
from transfer.listening import Listener

_REPORT_EVERY: Final = 3.0


def copy(context: Context, inputs: Properties) -> dict[str, Any]:
    """Outputs of a run that brought its object.

    Raises:
        ResourceFailedError: when it could not.
        OperationInterruptedError: when the user interrupted it.
    """
    url = str(blob_url(inputs))
    subject = f"transfer from {inputs['sourceUri']} to {url}"
    target = f"az://{inputs['container']}/{inputs['path']}"
    polling = Polling(context, subject)
    once_granted(polling, subject, lambda: blob_client(url).exists())
    context.progress(f"{subject}: transferring")
    try:
        report = transfer(
            str(inputs["sourceUri"]),
            target,
            region=str(inputs["sourceRegion"]),
            blob_service=_service(str(inputs["accountUrl"])),
            listener=_Shown(context, subject),
        )
    except TransferError as error:
        raise _failed(subject, error) from error
    for failure in report.failures:
        if failure.error is not None:
            raise _failed(subject, failure.error) from failure.error
    if report.unchecked:
        context.warn(
            f"{subject}: S3 has no checksum of the whole object, so what was read could only be "
            "compared with what Azure has"
        )
    with explained(subject):
        etag = str(blob_client(url).get_blob_properties().etag)
    return {"url": url, "transferredUrl": url, "etag": etag, "bytesCopied": report.bytes}


def _service(account_url: str) -> BlobServiceClient:
    return BlobServiceClient(account_url.rstrip("/"), credential=credential())


def _failed(subject: str, error: TransferError) -> ResourceFailedError:
    if isinstance(error, Interrupted):
        return OperationInterruptedError(
            f"{subject}: interrupted; the next `pulumi up` goes on from the last finished part"
        )
    return ResourceFailedError(
        f"{subject}: {error.problem}. To do: {error.remedy}. `pulumi up` then copies what is "
        "missing"
    )


class _Shown(Listener):
    """How far it is, on the resource's row; ends the run when the user interrupts the update."""

    def __init__(self, context: Context, subject: str) -> None:
        self._context, self._subject = context, subject
        self._lock = threading.Lock()
        self._total = self._moved = 0
        self._said = time.monotonic()

    def found(self, size: int) -> None:
        self._total += size

    def moved(self, size: int) -> None:
        if self._context.cancelled.is_set():
            raise Interrupted("the update was interrupted", remedy="run again to go on")
        with self._lock:
            self._moved += size
            if time.monotonic() < self._said + _REPORT_EVERY:
                return
            self._said = time.monotonic()
            line = f"{self._moved} of {self._total} bytes"
        self._context.progress(f"{self._subject}: {line}")

    def notice(self, text: str) -> None:
        self._context.info(text)
