"""The stack's tags as GCP takes them.

https://cloud.google.com/resource-manager/docs/labels-overview#requirements
"""

import re
from collections.abc import Mapping
from typing import Final

_NOT_IN_LABELS: Final = re.compile(r"[^a-z0-9_-]+")
_LONGEST: Final = 63


def labels_of(tags: Mapping[str, str]) -> dict[str, str]:
    """``tags`` in lower case, with a dash for what a label cannot hold, cut to 63 characters."""
    return {_label(key): _label(value) for key, value in tags.items()}


def _label(text: str) -> str:
    return _NOT_IN_LABELS.sub("-", text.lower())[:_LONGEST]
