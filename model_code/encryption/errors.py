"""What a person can put right; the message names the thing, the place and the remedy.

EncryptionError
├── KeyServiceError    a key cannot be reached or refuses
│   └── KeyRefused     this identity may not use it, or not yet
├── NotAuthentic       the file, its context or its key is not what it should be
└── Shredded           the key record was destroyed on purpose
"""


class EncryptionError(Exception):
    """Nothing was written."""


class KeyServiceError(EncryptionError):
    """A key does not exist, may not be used, or its service cannot be reached."""


class KeyRefused(KeyServiceError):
    """This identity has no right to the key; one that was given seconds ago may not hold yet."""


class NotAuthentic(EncryptionError):
    """Truncated, changed, or sealed with another key or for another context."""


class Shredded(EncryptionError):
    """The key is gone for good, and with it what it protected."""
