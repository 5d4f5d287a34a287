"""Wrapping keys that need no service: AES key wrap, with the context compared."""

import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from encryption.contexts import encoded
from encryption.errors import KeyServiceError, NotAuthentic
from encryption.keys import DataKey, WrappedKey, WrappingKey


class OwnKey:
    """One key; remembers how often it was used."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.uses = 0
        self._key = os.urandom(32)

    def new_data_key(self, context: Mapping[str, str]) -> DataKey:
        plain = os.urandom(32)
        return DataKey(plain, self.wrap(plain, context))

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        self.uses += 1
        wrapped = encoded(context) + b"|" + aes_key_wrap(self._key, data_key)
        return WrappedKey(self.key_id, "test", wrapped)

    def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        self.uses += 1
        bound, _, key = wrapped.wrapped.partition(b"|")
        if bound != encoded(context):
            raise NotAuthentic("another context")
        try:
            return aes_key_unwrap(self._key, key)
        except InvalidUnwrap:
            raise NotAuthentic("another key") from None


class KeyService:
    """Keys by id, as a service has them."""

    def __init__(self) -> None:
        self.keys: dict[str, OwnKey] = {}

    def make(self, key_id: str) -> OwnKey:
        return self.keys.setdefault(key_id, OwnKey(key_id))

    def find(self, key_id: str) -> WrappingKey:
        if key_id not in self.keys:
            raise KeyServiceError(f"there is no key {key_id}")
        return self.keys[key_id]
