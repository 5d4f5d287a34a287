"""Container images of the user's own that the sandbox can stand in for, on every cloud.

``SANDBOX_IMAGES`` names them: ``REPOSITORY=DIRECTORY``, several separated by commas; the directory
has what the image has in its working directory.
"""

import os
from dataclasses import dataclass
from pathlib import Path

MODEL_CODE = Path(__file__).resolve().parents[1] / "model_code"


@dataclass(frozen=True)
class Runtime:
    """What stands in for an image: an interpreter and the content of its working directory."""

    python: str
    directory: Path | None


def repository(image: str) -> str:
    """An image's name without tag and digest."""
    name = image.split("@", 1)[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def given() -> dict[str, Path]:
    """Directories by repository, as ``SANDBOX_IMAGES`` says."""
    pairs = (item.partition("=") for item in os.environ.get("SANDBOX_IMAGES", "").split(","))
    return {name.strip(): Path(path.strip()) for name, _, path in pairs if path.strip()}
