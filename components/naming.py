"""Names that follow from content, for resources whose clouds do not let them change."""

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

HASH_LENGTH: Final = 12
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9-]+")


class Sensitivity(StrEnum):
    """The classes of data that have an encryption key each.

    Not to be confused with the owner's classification of the table (the ``data-class`` tag): that
    one is about people's rights, this one about which programs must be able to decrypt.
    """

    DATA = "data"
    """Tables: raw, processed, query results, captured requests."""
    MODEL = "model"
    """Code archives, checkpoints, model artefacts, volumes of training and serving."""
    OPERATIONS = "operations"
    """Logs and alarm messages, which services of the cloud write by themselves."""
    SEALED = "sealed"
    """Tables that are sealed before they come to the cloud: no service of it opens them."""


SERVICE_ENCRYPTED: Final = (Sensitivity.DATA, Sensitivity.MODEL, Sensitivity.OPERATIONS)
"""What every stack has a key for."""


def sensitivities(*, seals: bool) -> tuple[Sensitivity, ...]:
    """What a stack has a key for: one more where it ``seals`` its raw table."""
    return (*SERVICE_ENCRYPTED, Sensitivity.SEALED) if seals else SERVICE_ENCRYPTED


def content_hash(content: Mapping[str, Any]) -> str:
    """The first 12 hex digits of the SHA-256 of ``content`` as canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]


def content_name(prefix: str, content: Mapping[str, Any], *, limit: int = 63) -> str:
    """``prefix-hash``: a new name when and only when ``content`` changes.

    Raises:
        ValueError: when ``limit`` leaves no room for a prefix.
    """
    room = limit - HASH_LENGTH - 1
    if room < 1:
        raise ValueError(f"a name of at most {limit} characters has no room for a content hash")
    base = _NOT_IN_NAMES.sub("-", prefix)[:room].rstrip("-")
    return f"{base}-{content_hash(content)}"
