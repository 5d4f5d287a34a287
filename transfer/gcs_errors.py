"""Google's failures in the words of this package."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage.exceptions import DataCorruption

from transfer.errors import ChecksumMismatch, SinkChanged, SinkRefused, TransferError, Unusable

_OWN_RULES = {"retentionPolicyNotMet", "conditionNotMet", "invalid"}
_AGAIN = "run again: it goes on from the last finished part"


@contextmanager
def told(where: str) -> Iterator[None]:
    """Tell what goes wrong in here as a TransferError about ``where``."""
    try:
        yield
    except GoogleAuthError as error:
        raise Unusable(
            f"{where}: no Google credentials: {error}",
            remedy="log in: `gcloud auth application-default login`",
        ) from None
    except exceptions.GoogleAPICallError as error:
        raise _refused(error, where) from None
    except DataCorruption as error:
        raise ChecksumMismatch(f"{where} was damaged on the way: {error}", remedy=_AGAIN) from None
    except (exceptions.RetryError, requests.RequestException) as error:
        raise SinkRefused(
            f"{where}: Cloud Storage does not answer: {_first_line(str(error))}",
            remedy=f"look at the network and STORAGE_EMULATOR_HOST; {_AGAIN}",
        ) from None


def _refused(error: exceptions.GoogleAPICallError, where: str) -> TransferError:
    bucket = "/".join(where.split("/")[:3])
    reason, said = _said(error)
    if error.code == 404 and "bucket does not exist" in said:
        return Unusable(
            f"{bucket}: there is no such bucket",
            remedy="look at its name and at the project: `gcloud storage ls`",
        )
    if error.code == 401 or (error.code == 403 and reason not in _OWN_RULES):
        return Unusable(
            f"{where}: access denied: {said}",
            remedy=f"needed is roles/storage.objectUser on {bucket}, and for a key of your own "
            "roles/cloudkms.cryptoKeyEncrypterDecrypter for the project's Cloud Storage agent",
        )
    if error.code in (404, 412):
        return SinkChanged(f"{where} was changed meanwhile: {said}", remedy="run again")
    if error.code == 400 and "match calculated" in said:
        return ChecksumMismatch(
            f"{where} was damaged on the way to the sink, which refused it: {said}", remedy=_AGAIN
        )
    return SinkRefused(f"{where}: {error.code}: {said}", remedy=_AGAIN)


def _said(error: exceptions.GoogleAPICallError) -> tuple[str, str]:
    """Google's reason and its words for people."""
    try:
        body = error.response.json()["error"]
        return str(body.get("errors", [{}])[0].get("reason", "")), str(body["message"])
    except (AttributeError, ValueError, KeyError, TypeError, IndexError):
        return "", _first_line(str(error.message))


def _first_line(text: str) -> str:
    return text.splitlines()[0][:300] if text else "no details"
