"""Data keys wrapped by Cloud KMS, over REST with google-auth's own credentials.

google-cloud-kms needs a newer protobuf than Beam and pulumi-policy agree on, and is in no image;
google-auth is in all of Google's. GOOGLE_KMS_CUSTOM_ENDPOINT is the name that Google's provider for
Terraform and Pulumi reads too.
"""

import base64
import os
import re
from collections.abc import Mapping
from typing import Any

from .contexts import encoded
from .errors import EncryptionError, KeyRefused, KeyServiceError, NotAuthentic
from .keys import DATA_KEY_BYTES, DataKey, WrappedKey

_NAME = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
_SCOPE = "https://www.googleapis.com/auth/cloudkms"
_TIMEOUT_SECONDS = 60


class GcpKey:
    """A key of purpose ENCRYPT_DECRYPT; the context is additional authenticated data."""

    algorithm = "Cloud KMS GOOGLE_SYMMETRIC_ENCRYPTION"

    def __init__(self, name: str) -> None:
        if _NAME.fullmatch(name) is None:
            raise EncryptionError(
                f"{name!r} is no key of Cloud KMS: expected "
                "projects/P/locations/L/keyRings/R/cryptoKeys/K without a version"
            )
        self._name = name

    def new_data_key(self, context: Mapping[str, str]) -> DataKey:
        plain = os.urandom(DATA_KEY_BYTES)  # Cloud KMS has no operation that makes one
        return DataKey(plain, self.wrap(plain, context))

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        answer = self._call("encrypt", "plaintext", data_key, context)
        wrapped = base64.b64decode(answer["ciphertext"])
        # https://cloud.google.com/kms/docs/data-integrity-guidelines
        if not answer.get("verifiedPlaintextCrc32c"):
            raise KeyServiceError(f"Cloud KMS did not receive the data key for {self._name} whole")
        self._compare(wrapped, answer.get("ciphertextCrc32c"))
        return WrappedKey(self._name, self.algorithm, wrapped)

    def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        answer = self._call("decrypt", "ciphertext", wrapped.wrapped, context)
        plain = base64.b64decode(answer.get("plaintext", ""))
        self._compare(plain, answer.get("plaintextCrc32c"))
        return plain

    def _compare(self, data: bytes, checksum: Any) -> None:
        if str(checksum) != _crc32c(data):
            raise KeyServiceError(f"an answer of Cloud KMS for {self._name} arrived damaged: again")

    def _call(self, operation: str, name: str, data: bytes, context: Mapping[str, str]) -> Any:
        import google.auth
        import requests
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import AuthorizedSession

        session_of: Any = AuthorizedSession  # its constructor has no types
        additional = encoded(context)
        body = {
            name: base64.b64encode(data).decode(),
            f"{name}Crc32c": _crc32c(data),
            "additionalAuthenticatedData": base64.b64encode(additional).decode(),
            "additionalAuthenticatedDataCrc32c": _crc32c(additional),
        }
        base = os.environ.get("GOOGLE_KMS_CUSTOM_ENDPOINT", "https://cloudkms.googleapis.com/v1/")
        try:
            credentials, _ = google.auth.default(scopes=[_SCOPE])
            with session_of(credentials) as session:
                answer = session.post(
                    f"{base.rstrip('/')}/{self._name}:{operation}",
                    json=body,
                    timeout=_TIMEOUT_SECONDS,
                )
        except (GoogleAuthError, requests.RequestException) as error:
            raise KeyServiceError(
                f"Cloud KMS cannot be asked: {error}; check credentials and network"
            ) from None
        if answer.ok:
            return answer.json()
        text = _message(answer)
        # The service's one answer to another key's ciphertext and to another context.
        if answer.status_code == requests.codes.bad_request and "Decryption failed" in text:
            raise NotAuthentic(
                f"Cloud KMS: {self._name} did not wrap this data key for this context"
            )
        kind = KeyRefused if answer.status_code == requests.codes.forbidden else KeyServiceError
        raise kind(
            f"Cloud KMS refuses {operation} with {self._name}: {answer.status_code} {text}; check "
            "that its primary version is enabled and that this identity may use it"
        )


def _message(answer: Any) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(answer.text[:200])


def _crc32c(data: bytes) -> str:
    import google_crc32c

    return str(google_crc32c.value(data))
