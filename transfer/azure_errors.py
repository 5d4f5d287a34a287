"""Azure's failures in the words of this package."""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
)

from transfer.errors import ChecksumMismatch, SinkChanged, SinkRefused, TransferError, Unusable

_AGAIN = "run again: it goes on from the last finished part"
_DAMAGED = {"Md5Mismatch", "Crc64Mismatch"}
_CHANGED = {"ConditionNotMet", "BlobAlreadyExists", "InvalidBlockList"}


@contextmanager
def told(where: str) -> Iterator[None]:
    """Tell what goes wrong in here as a TransferError about ``where``."""
    try:
        yield
    except AzureError as error:
        raise _refused(error, where) from None
    except ValueError as error:
        raise Unusable(f"{where}: {error}", remedy="look at AZURE_STORAGE_…") from None


def _refused(error: AzureError, where: str) -> TransferError:
    container = "/".join(where.split("/")[:3])
    code = error_code(error)
    status = error.status_code if isinstance(error, HttpResponseError) else None
    lines = str(error).splitlines()
    said = lines[0][:300] if lines else type(error).__name__
    if code == "ContainerNotFound":
        return Unusable(
            f"{container}: there is no such container", remedy="`az storage container list`"
        )
    if isinstance(error, ClientAuthenticationError) or status in (401, 403):
        return Unusable(
            f"{where}: access denied: {said}",
            remedy="log in with `az login`; needed is the role Storage Blob Data Contributor on "
            f"{container}",
        )
    if code in _DAMAGED or (status == 400 and "MD5 doesn't match" in said):  # the latter Azurite
        return ChecksumMismatch(
            f"{where} was damaged on the way to the sink, which refused it: {said}", remedy=_AGAIN
        )
    if code in _CHANGED or status == 412:
        return SinkChanged(f"{where} was changed meanwhile: {said}", remedy="run again")
    return SinkRefused(f"{where}: {code}: {said}", remedy=_AGAIN)


def error_code(error: AzureError) -> str:
    """The service's own name for what went wrong; empty when it did not answer."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")
