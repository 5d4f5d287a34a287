"""The digest of a model as a job left it: what serving trusts."""

import hashlib
from collections.abc import Iterable

from plugin.handler import ResourceFailedError


def digest_of(chunks: Iterable[bytes], place: str, *, max_bytes: int) -> str:
    """SHA-256, in hexadecimal, of what is never held in memory as a whole.

    ``place`` is where it lies, for the error.

    Raises:
        ResourceFailedError: when it is larger than ``max_bytes``.
    """
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise ResourceFailedError(
                f"{place} is larger than {max_bytes} bytes, the most that is accepted as a model"
            )
        digest.update(chunk)
    return digest.hexdigest()
