"""Which container images the sandbox can run, and with what.

``SANDBOX_IMAGES`` adds images of one's own (:mod:`sandbox.images`).
"""

import re
import sys

from sandbox.errors import JobError
from sandbox.images import MODEL_CODE, Runtime, given, repository

_PREBUILT = re.compile(
    r"(?:us|europe|asia)-docker\.pkg\.dev/vertex-ai/(training|prediction)/"
    r"(?:sklearn|scikit-learn)-cpu\.\d+-\d+"
)
# An image of the user's own with the project's code in its working directory.
_OWN = ("gcr.io/my-project/my-training-image",)


def runtime(image: str | None, use: str) -> Runtime:
    """What runs for a container image.

    Args:
        use: ``training`` or ``prediction``.

    Raises:
        JobError: an image the sandbox cannot stand in for; the text lists those it can.
    """
    name = repository(image or "")
    own = given()
    if name in own:
        return Runtime(sys.executable, own[name])
    if name in _OWN:
        return Runtime(sys.executable, MODEL_CODE)
    match = _PREBUILT.fullmatch(name)
    if match and match[1] == use:
        return Runtime(sys.executable, None)
    known = [f"*-docker.pkg.dev/vertex-ai/{use}/sklearn-cpu.*", *_OWN, *own]
    raise JobError(
        f"the sandbox cannot run image {image!r} for {use}; it can run: {', '.join(known)} "
        "(SANDBOX_IMAGES=REPOSITORY=DIRECTORY adds images)"
    )
