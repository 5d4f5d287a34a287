"""Virtual environments with other library versions, kept in the user's cache.

An environment is made once per lock file and Python version; a run that passed is remembered until
a file it depends on changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trimaran"
# Beside the tests and the code under test, what the tests read.
_INPUTS = ("model_code/**/*.py", "tests/model_code/*", "data/penguins.csv", "pyproject.toml")


def environment(lock: Path) -> Path:
    """The Python of the environment that has exactly what `lock` says; made if need be."""
    tag = f"{sys.version_info.major}.{sys.version_info.minor}"
    name = hashlib.sha256(lock.read_bytes() + tag.encode()).hexdigest()[:16]
    directory = _CACHE / "library-sets" / f"{lock.stem}-{tag}-{name}"
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


def stamp(lock: Path, python: Path) -> Path:
    """The file that says that the tests passed in this environment with the present files."""
    digest = hashlib.sha256()
    for pattern in _INPUTS:
        for path in sorted(_ROOT.glob(pattern)):
            if path.is_file():
                digest.update(path.relative_to(_ROOT).as_posix().encode() + path.read_bytes())
    return python.parents[1] / f"passed-{lock.stem}-{digest.hexdigest()[:32]}"


def start_tests(python: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Run this directory's tests with another Python."""
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.Popen(
        [*command, str(Path(__file__).parent)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TRIMARAN_LIBRARY_SET": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
