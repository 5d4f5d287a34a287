"""Durations as Azure writes them: ISO 8601, such as ``PT90M``."""

import re
from typing import Any

_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_UNITS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


def seconds_of(text: Any) -> float | None:
    """Seconds; ``None`` for what is not given.

    Raises:
        ValueError: it is no such duration.
    """
    if text is None or text == "":
        return None
    match = _DURATION.fullmatch(str(text))
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is no ISO 8601 duration such as PT90M")
    return sum(float(match[name] or 0) * factor for name, factor in _UNITS.items())
