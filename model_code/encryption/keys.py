"""Keys that wrap data keys: at AWS KMS, Cloud KMS, Key Vault, or a key record of one's own."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import EncryptionError, NotAuthentic

DATA_KEY_BYTES = 32
FORMS = (
    "arn:aws:kms:REGION:ACCOUNT:key/ID, "
    "projects/P/locations/L/keyRings/R/cryptoKeys/K or "
    "https://VAULT.vault.azure.net/keys/NAME[/VERSION]"
)


@dataclass(frozen=True)
class WrappedKey:
    """A data key as only `key_id` can open it; `algorithm` is how it was wrapped."""

    key_id: str
    algorithm: str
    wrapped: bytes

    def as_json(self) -> dict[str, str]:
        wrapped = base64.b64encode(self.wrapped).decode()
        return {"key": self.key_id, "algorithm": self.algorithm, "wrapped": wrapped}

    @classmethod
    def from_json(cls, given: Any) -> "WrappedKey":
        """Raises NotAuthentic for anything that `as_json` would not have written."""
        try:
            texts = [given[name] for name in ("key", "algorithm", "wrapped")]
            if not all(isinstance(text, str) for text in texts):
                raise TypeError
            return cls(texts[0], texts[1], base64.b64decode(texts[2], validate=True))
        except (KeyError, TypeError, binascii.Error):
            raise NotAuthentic("a wrapped key in it cannot be read: it was changed") from None


@dataclass(frozen=True)
class DataKey:
    """A fresh data key (32 bytes, never shown) and its wrapped form."""

    plain: bytes = field(repr=False)
    wrapped: WrappedKey


class WrappingKey(Protocol):
    """A key that never leaves its place. Every call raises EncryptionError when it fails."""

    def new_data_key(self, context: Mapping[str, str]) -> DataKey:
        """A data key that nobody has used, wrapped for `context`."""

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        """Wrap an existing data key."""

    def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        """The data key; raises NotAuthentic when it was wrapped otherwise."""


def is_of(key_id: str, key: str) -> bool:
    """Whether `key_id` is `key`; one of Key Vault without a version stands for all of them."""
    return key_id == key or (key.startswith("https://") and key_id.startswith(f"{key}/"))


def key_at_service(key_id: str) -> WrappingKey:
    """The key with this id; its service is asked only when the key is used.

    Raises EncryptionError when the id has none of the known forms.
    """
    if key_id.startswith("arn:"):
        from .aws_key import AwsKey

        return AwsKey(key_id)
    if key_id.startswith("projects/"):
        from .gcp_key import GcpKey

        return GcpKey(key_id)
    if key_id.startswith("https://"):
        from .azure_key import AzureKey

        return AzureKey(key_id)
    raise EncryptionError(f"{key_id!r} is no key id: expected {FORMS}")
