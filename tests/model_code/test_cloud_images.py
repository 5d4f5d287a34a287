"""The same tests with the library versions of the cloud images and with the oldest supported.

A run that passed is remembered until a file it depends on changes.
"""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tools.library_sets import environment

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
# Beside the tests and the code under test, what the tests read.
_INPUTS = ("model_code/**/*.py", "tests/model_code/*", "data/penguins.csv", "pyproject.toml")
# AWS's image runs AWS's server; serve.py runs in containers with libraries of one's own.
_ARGUMENTS = {
    "cloud_images.lock": (
        "--ignore-glob=*test_http_server.py",
        "--ignore-glob=*test_user_hooks.py",
    ),
    "oldest_libraries.lock": (),
}


def _stamp(lock: Path, python: Path) -> Path:
    """The file that says that the tests passed in this environment with the present files."""
    digest = hashlib.sha256()
    for pattern in _INPUTS:
        for path in sorted(_ROOT.glob(pattern)):
            if path.is_file():
                digest.update(path.relative_to(_ROOT).as_posix().encode() + path.read_bytes())
    return python.parents[1] / f"passed-{lock.stem}-{digest.hexdigest()[:32]}"


def _start_tests(python: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Run this directory's tests with another Python."""
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.Popen(
        [*command, str(_HERE)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TRIMARAN_LIBRARY_SET": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.skipif("TRIMARAN_LIBRARY_SET" in os.environ, reason="runs in such a set already")
@pytest.mark.timeout(1200)
def test_all_of_it_passes_with_other_library_sets() -> None:
    running = []
    for name, arguments in _ARGUMENTS.items():
        python = environment(_HERE / name)
        passed = _stamp(_HERE / name, python)
        if not passed.exists():
            running.append((name, passed, _start_tests(python, *arguments)))
    # All of them to their end before the first is judged: none is left running.
    ended = [(*one, one[-1].communicate()[0]) for one in running]
    for name, passed, process, output in ended:
        assert process.returncode == 0, f"with {name}:\n{output[-5000:]}"
        assert " passed" in output
        for old in passed.parent.glob("passed-*"):
            old.unlink()
        passed.touch()
