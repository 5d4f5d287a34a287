"""Which container images the sandbox can run, and with what."""

import sys
from pathlib import Path

from sandbox.errors import JobError

# Repository name of the image to the interpreter that stands in for it.
RUNTIMES = {"sagemaker-scikit-learn": sys.executable}


def interpreter(image: str | None) -> str:
    """The Python that runs for a container image.

    Raises:
        JobError: an image the sandbox cannot stand in for; the text lists those it can.
    """
    repository = (image or "").rsplit("@", 1)[0].rsplit("/", 1)[-1].split(":")[0]
    if repository not in RUNTIMES:
        known = ", ".join(sorted(RUNTIMES))
        raise JobError(
            f"ClientError: the sandbox cannot run image {image!r}; it can run images whose "
            f"repository is one of: {known}"
        )
    return RUNTIMES[repository]


def write_programs(directory: Path, python: str) -> None:
    """``python`` and ``pip`` as an image has them on its PATH."""
    directory.mkdir(parents=True, exist_ok=True)
    commands = {
        "python": f'exec "{python}" "$@"',
        "python3": f'exec "{python}" "$@"',
        "pip": f'exec "{python}" -m pip "$@"',
        "pip3": f'exec "{python}" -m pip "$@"',
    }
    for name, command in commands.items():
        path = directory / name
        path.write_text(f"#!/bin/sh\n{command}\n")
        path.chmod(0o755)
