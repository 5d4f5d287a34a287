"""Which container images the sandbox can run, and with what."""

import sys

from sandbox.errors import JobError
from sandbox.programs import write_programs

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


__all__ = ["RUNTIMES", "interpreter", "write_programs"]
