"""Which container images the Azure sandbox can run: Microsoft's for Azure ML, and one's own.

All stand on the sandbox's own Python and its libraries; ``SANDBOX_IMAGES`` adds images
(:mod:`sandbox.images`).
"""

import re
import sys

from sandbox.errors import JobError
from sandbox.images import Runtime, given, repository

_PREBUILT = re.compile(r"mcr\.microsoft\.com/(?:azureml|aifx)/[\w./-]+")
_KNOWN = ("mcr.microsoft.com/azureml/…",)


def runtime(image: str | None) -> Runtime:
    """What runs for a container image.

    Raises:
        JobError: an image the sandbox cannot stand in for; the text lists those it can.
    """
    name = repository(image or "")
    own = given()
    if name in own:
        return Runtime(sys.executable, own[name])
    if _PREBUILT.fullmatch(name):
        return Runtime(sys.executable, None)
    listed = ", ".join([*_KNOWN, *own])
    raise JobError(
        f"the sandbox cannot run image {image!r}; it can run: {listed} "
        "(SANDBOX_IMAGES=REPOSITORY=DIRECTORY adds images)"
    )
