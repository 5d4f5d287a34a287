"""Virtual environments with other library versions, kept in the user's cache.

Tests run model_code in the libraries of the cloud images, benchmarks run peers in theirs. Nothing
else uses them. An environment is made once per lock file and Python version.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import paths

_CACHE = paths.engine_cache().with_name("library-sets")


def environment(lock: Path) -> Path:
    """The Python of the environment that has exactly what `lock` says; made if need be."""
    tag = f"{sys.version_info.major}.{sys.version_info.minor}"
    name = hashlib.sha256(lock.read_bytes() + tag.encode()).hexdigest()[:16]
    directory = _CACHE / f"{lock.stem}-{tag}-{name}"
    python = directory / "bin" / "python"
    if not python.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        # Made beside and moved: another run at the same time finds all of it or nothing.
        with tempfile.TemporaryDirectory(dir=directory.parent) as part:
            _install(lock, Path(part) / "venv")
            try:
                (Path(part) / "venv").rename(directory)
            except OSError:
                assert python.exists()
    return python


def _install(lock: Path, directory: Path) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    python = str(directory / "bin" / "python")
    if uv:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(directory))
        installer = [uv, "pip", "install", "--python", python]
    else:
        _run(sys.executable, "-m", "venv", str(directory))
        installer = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    # Without dependencies: the lock is complete, and AWS's package names versions its own image
    # does not keep to.
    _run(*installer, "--quiet", "--no-deps", "-r", str(lock))


def _run(*command: str) -> None:
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, f"{' '.join(command)}\n{outcome.stdout}{outcome.stderr}"
