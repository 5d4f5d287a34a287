"""What a job measured of its model, as it lies beside the model."""

import json
from typing import Final

from plugin.handler import ResourceFailedError

MAX_BYTES: Final = 4 * 1024 * 1024


def numbers_of(content: bytes, place: str) -> dict[str, float]:
    """The numbers at the top of a JSON object; ``place`` is where it lies, for the error.

    ``content`` may be cut off behind its :data:`MAX_BYTES` + 1st byte.

    Raises:
        ResourceFailedError: when it is no JSON object of at most 4 MiB.
    """
    try:
        values = json.loads(content) if len(content) <= MAX_BYTES else None
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ResourceFailedError(f"{place} is no JSON object of at most 4 MiB")
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
