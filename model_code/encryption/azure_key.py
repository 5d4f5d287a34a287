"""Data keys wrapped by Azure Key Vault: its own client with azure-identity's credentials.

Key Vault's clients know no variable for another endpoint. AZURE_KEYVAULT_ENDPOINT_URL is ours: the
requests go there, with the vault's own name before the path.
"""

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .errors import EncryptionError, KeyRefused, KeyServiceError, NotAuthentic
from .keys import DATA_KEY_BYTES, DataKey, WrappedKey

_ID = re.compile(
    r"https://[A-Za-z0-9-]+\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)"
    r"/keys/[A-Za-z0-9-]+(?:/[0-9a-f]{32})?"
)
_PREFIX = "Key Vault "
_WRAPPING = "RSA-OAEP-256"


class AzureKey:
    """An RSA key. RSA-OAEP binds no context: only the sealed data themselves are bound to it."""

    algorithm = f"{_PREFIX}{_WRAPPING}"

    def __init__(self, key_id: str) -> None:
        if _ID.fullmatch(key_id) is None:
            raise EncryptionError(
                f"{key_id!r} is no key of Key Vault: expected "
                "https://VAULT.vault.azure.net/keys/NAME[/VERSION]"
            )
        self._id = key_id

    def new_data_key(self, context: Mapping[str, str]) -> DataKey:
        plain = os.urandom(DATA_KEY_BYTES)  # vaults have no operation that makes one
        return DataKey(plain, self.wrap(plain, context))

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        answer = self._call("wrap_key", data_key)
        # The answer names the version, which unwrapping needs after the key was rotated.
        return WrappedKey(answer.key_id, self.algorithm, answer.encrypted_key)

    def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        plain: bytes = self._call("unwrap_key", wrapped.wrapped).key
        return plain

    def _call(self, operation: str, data: bytes) -> Any:
        from azure.core.exceptions import AzureError, HttpResponseError
        from azure.identity import DefaultAzureCredential
        from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

        endpoint = os.environ.get("AZURE_KEYVAULT_ENDPOINT_URL")
        given = {"transport": _redirected(endpoint)} if endpoint else {}
        try:
            with (
                DefaultAzureCredential() as credential,
                CryptographyClient(self._id, credential=credential, **given) as client,
            ):
                return getattr(client, operation)(KeyWrapAlgorithm(_WRAPPING), data)
        except HttpResponseError as error:
            if operation == "unwrap_key" and error.status_code == 400:
                raise NotAuthentic(f"Key Vault: {self._id} did not wrap this data key") from None
            reason = error.error.message if error.error else error.message
            kind = KeyRefused if error.status_code == 403 else KeyServiceError
            raise kind(
                f"Key Vault refuses {operation} with {self._id}: {reason}; check that the key is "
                "an enabled RSA key and that this identity may wrap and unwrap with it"
            ) from None
        # A challenge that is not the vault's own is a ValueError.
        except (AzureError, ValueError) as error:
            raise KeyServiceError(
                f"Key Vault cannot be asked for {self._id}: {error}; check credentials and network"
            ) from None


def _redirected(endpoint: str) -> Any:
    from azure.core.pipeline.transport import RequestsTransport

    target = urlsplit(endpoint.rstrip("/"))

    class Redirected(RequestsTransport):  # type: ignore[misc]  # published without types
        """Below everything else, so that tokens are asked for and checked for the real vault."""

        def send(self, request: Any, **options: Any) -> Any:
            url = request.url
            asked = urlsplit(url)
            path = f"{target.path}/{asked.netloc}{asked.path}"
            request.url = asked._replace(
                scheme=target.scheme, netloc=target.netloc, path=path
            ).geturl()
            try:
                return super().send(request, **options)
            finally:
                request.url = url

    return Redirected()
