"""What a sealed file is for: bound to it as additional authenticated data.

A context is public: it is readable in the file's header and goes into the log of the key service.
"""

import json
from collections.abc import Mapping

from .errors import EncryptionError

REQUIRED = ("dataset", "purpose")
# AWS KMS allows 8192 characters of encryption context; the header has a page for everything.
_LONGEST = 2048


def checked(context: Mapping[str, str]) -> dict[str, str]:
    """The context in the order of its names.

    Raises EncryptionError when `dataset` or `purpose` is missing, for empty names and values, and
    for one that is too long.
    """
    for name in REQUIRED:
        if not context.get(name):
            raise EncryptionError(f"the context has no {name}: say what the data are and are for")
    if not all(name and value for name, value in context.items()):
        raise EncryptionError("the context has an empty name or value: leave it out or fill it in")
    ordered = dict(sorted(context.items()))
    if len(encoded(ordered)) > _LONGEST:
        raise EncryptionError(f"the context is longer than {_LONGEST} bytes: shorten its values")
    return ordered


def encoded(context: Mapping[str, str]) -> bytes:
    """One byte string for one context: JSON, names sorted."""
    return json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode()


def described(context: Mapping[str, str]) -> str:
    """`name=value` pairs for a message."""
    return ", ".join(f"{name}={value}" for name, value in sorted(context.items()))
