"""Which container images the sandbox can run, and with what.

``SANDBOX_IMAGES`` adds images of one's own: ``REPOSITORY=DIRECTORY``, several separated by commas;
the directory has what the image has in its working directory.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import JobError

MODEL_CODE = Path(__file__).resolve().parents[3] / "model_code"
_PREBUILT = re.compile(
    r"(?:us|europe|asia)-docker\.pkg\.dev/vertex-ai/(training|prediction)/"
    r"(?:sklearn|scikit-learn)-cpu\.\d+-\d+"
)
# An image of the user's own with the project's code in its working directory.
_OWN = ("gcr.io/my-project/my-training-image",)


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


def _given() -> dict[str, Path]:
    pairs = (item.partition("=") for item in os.environ.get("SANDBOX_IMAGES", "").split(","))
    return {name.strip(): Path(path.strip()) for name, _, path in pairs if path.strip()}


def runtime(image: str | None, use: str) -> Runtime:
    """What runs for a container image.

    Args:
        use: ``training`` or ``prediction``.

    Raises:
        JobError: an image the sandbox cannot stand in for; the text lists those it can.
    """
    name = repository(image or "")
    given = _given()
    if name in given:
        return Runtime(sys.executable, given[name])
    if name in _OWN:
        return Runtime(sys.executable, MODEL_CODE)
    match = _PREBUILT.fullmatch(name)
    if match and match[1] == use:
        return Runtime(sys.executable, None)
    known = [f"*-docker.pkg.dev/vertex-ai/{use}/sklearn-cpu.*", *_OWN, *given]
    raise JobError(
        f"the sandbox cannot run image {image!r} for {use}; it can run: {', '.join(known)} "
        "(SANDBOX_IMAGES=REPOSITORY=DIRECTORY adds images)"
    )
