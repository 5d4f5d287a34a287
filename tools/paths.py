"""Where things are: the project's own directories and the user's cache."""

import os
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def venv(project: Path = PROJECT) -> Path:
    """The project's virtual environment."""
    return project / ".venv"


def venv_python(project: Path = PROJECT) -> Path:
    """The virtual environment's interpreter."""
    return venv(project) / "bin" / "python"


def backend(project: Path = PROJECT) -> Path:
    """The file backend of stack `local`."""
    return project / ".pulumi-state"


def engine_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Where engines are kept, one directory a version, shared by all of a user's clones.

    Follows the XDG base directory rule that a relative XDG_CACHE_HOME is ignored.
    """
    base = Path(environ.get("XDG_CACHE_HOME") or "")
    if not base.is_absolute():
        base = Path(environ.get("HOME") or Path.home()) / ".cache"
    return base / "trimaran" / "engine"
