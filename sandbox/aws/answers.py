"""Looking at what moto answered."""

from typing import Any


def refused(answer: Any) -> bool:
    """Whether ``call.original()`` was refused: moto answers with a status, it does not raise."""
    return isinstance(answer, tuple) and int(answer[0]) >= 400
