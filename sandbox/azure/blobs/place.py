"""Where Azurite is installed, and the Node.js that runs it. Standard library only.

``tools/azurite.py`` installs it into the user's cache, once for all clones with the same lock file.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).with_name("package.json")
LOCK = Path(__file__).with_name("package-lock.json")
OLDEST_NODE = 18


def directory(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory of the version that the lock file pins, installed or not.

    Follows the XDG base directory rule that a relative XDG_CACHE_HOME is ignored.
    """
    base = Path(environ.get("XDG_CACHE_HOME") or "")
    if not base.is_absolute():
        base = Path(environ.get("HOME") or Path.home()) / ".cache"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return base / "trimaran" / "azurite" / digest[:16]


def azurite(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The installed package; ``None`` when the set-up has not been run."""
    found = directory(environ) / "node_modules" / "azurite"
    return found if (found / "package.json").is_file() else None


def node(environ: Mapping[str, str] = os.environ) -> str | None:
    """Node.js: of PATH when it is not too old, else the one beside Azurite."""
    search = environ.get("PATH", os.defpath)
    for found in (shutil.which("node", path=search), directory(environ) / "node" / "bin" / "node"):
        if found is not None and _version(str(found)) >= OLDEST_NODE:
            return str(found)
    return None


def _version(program: str) -> int:
    """The first number of what ``--version`` says; 0 where there is none."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = said.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0
