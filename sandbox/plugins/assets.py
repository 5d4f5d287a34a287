"""The content of an asset whose path is relative to a program that runs elsewhere.

A provider that the engine starts runs in the program's directory; one it attaches to does not. The
way back is the connection: its other end belongs to the engine's process, which runs in the
project's directory or below it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from plugin.values import asset_bytes

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")


def content(asset: Mapping[str, Any], peer: str) -> bytes:
    """The bytes of an asset; ``peer`` is the connection's other end, as gRPC tells it.

    Raises:
        ValueError: when ``asset`` is no file or text asset.
        OSError: when its file cannot be read.
    """
    path = str(asset.get("path") or "")
    if not path or Path(path).is_absolute():
        return asset_bytes(asset)
    for directory in _places(peer):
        candidate = directory / path
        if candidate.is_file():
            found = candidate.read_bytes()
            # The engine has read the file too: its hash tells the right one from a namesake.
            if asset.get("hash") in (None, "", hashlib.sha256(found).hexdigest()):
                return found
    raise FileNotFoundError(
        f"{path!r} is not in the directory of the program; give an absolute path"
    )


def _places(peer: str) -> Iterator[Path]:
    """The engine's directory, those above it up to the project's, and our own."""
    directory = _directory_of(peer)
    if directory is not None:
        for place in (directory, *directory.parents):
            yield place
            if any((place / name).is_file() for name in _PROJECT_FILES):
                break
    yield Path.cwd()


def _directory_of(peer: str) -> Path | None:
    port = peer.rsplit(":", 1)[-1]
    if not port.isdigit():
        return None
    for process in psutil.process_iter():
        try:
            ports = {item.laddr.port for item in process.net_connections("tcp") if item.laddr}
            if int(port) in ports:
                return Path(process.cwd())
        except (psutil.Error, OSError):
            continue
    return None
