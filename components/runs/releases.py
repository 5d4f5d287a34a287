"""What an endpoint served before: the history that a rollback goes back in."""

from collections.abc import Mapping
from typing import Any

from plugin.handler import Properties


def history(outputs: Properties, new: Properties) -> list[Mapping[str, Any]]:
    """The earlier releases once ``new`` is live: newest first, each once, without the new one.

    Both have ``release``; ``outputs`` has the ``history`` so far, ``new`` its limit
    ``keepHistory``.
    """
    past: list[Mapping[str, Any]] = []
    for release in [outputs.get("release"), *(outputs.get("history") or [])]:
        if release and release != new.get("release") and release not in past:
            past.append(release)
    return past[: int(new["keepHistory"])]
