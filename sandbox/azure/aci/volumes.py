"""Volumes of a container group as directories, and paths that lead into them."""

import base64
import binascii
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.azure.errors import bad_request

KINDS = ("emptyDir", "secret")
ANYWHERE = "0.0.0.0"  # noqa: S104 - what a container says, never what is bound
_FILE = re.compile(r"[\w.-]{1,253}")


def check(volumes: Iterable[Mapping[str, Any]]) -> set[str]:
    """The names of volumes that can be made.

    Raises:
        ApiError: a kind that there is not here, a name used twice, or a secret that is no base64.
    """
    names: set[str] = set()
    for volume in volumes:
        name = str(volume.get("name", ""))
        kinds = [kind for kind in KINDS if volume.get(kind) is not None]
        if not name or name in names:
            raise bad_request(f"The volume name '{name}' is empty or used twice.", "InvalidVolume")
        if len(kinds) != 1:
            raise bad_request(
                f"The volume '{name}' must be one of {', '.join(KINDS)}; the sandbox has no other.",
                "InvalidVolume",
            )
        for file, value in (volume.get("secret") or {}).items():
            try:
                base64.b64decode(str(value), validate=True)
            except (binascii.Error, ValueError):
                raise bad_request(
                    f"The secret '{file}' of volume '{name}' is not base64.", "InvalidSecretVolume"
                ) from None
            if not _FILE.fullmatch(file) or file in (".", ".."):
                raise bad_request(f"'{file}' is no file name.", "InvalidSecretVolume")
        names.add(name)
    return names


def make(volumes: Iterable[Mapping[str, Any]], directory: Path) -> None:
    """Make every volume below ``directory``; empty ones keep what a restarted group left."""
    for volume in volumes:
        place = directory / str(volume["name"])
        if volume.get("secret") is not None:
            shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file, value in (volume.get("secret") or {}).items():
            target = place / file
            target.touch(mode=0o600)
            target.write_bytes(base64.b64decode(str(value)))


class Paths:
    """What a container calls a place, as it is called on this machine.

    The kernel may not allow to mount anything: so words of a container's command and environment
    that lead below one of its mounts are rewritten, and its address takes the place of 0.0.0.0.
    """

    def __init__(self, mounts: Mapping[str, Path], address: str) -> None:
        self._address = address
        self._mounts = {mount.rstrip("/"): str(place) for mount, place in mounts.items()}
        longest_first = sorted(self._mounts, key=len, reverse=True)
        names = "|".join(re.escape(mount) for mount in longest_first)
        self._pattern = re.compile(rf"(?<![\w./-])(?:{names})(?=$|[^\w.-])") if names else None

    def here(self, text: str) -> str:
        """A word with the places of this machine."""
        if text == ANYWHERE:
            return self._address
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._mounts[match[0]], text)
