"""The same tests with the library versions of the cloud images and with the oldest supported."""

import os
from pathlib import Path

import pytest

from tests.model_code.library_sets import environment, stamp, start_tests

_HERE = Path(__file__).parent
# AWS's image runs AWS's server; serve.py runs in containers with libraries of one's own.
_ARGUMENTS = {
    "cloud_images.lock": (
        "--ignore-glob=*test_http_server.py",
        "--ignore-glob=*test_user_hooks.py",
    ),
    "oldest_libraries.lock": (),
}


@pytest.mark.skipif("TRIMARAN_LIBRARY_SET" in os.environ, reason="runs in such a set already")
@pytest.mark.timeout(1200)
def test_all_of_it_passes_with_other_library_sets() -> None:
    running = []
    for name, arguments in _ARGUMENTS.items():
        python = environment(_HERE / name)
        passed = stamp(_HERE / name, python)
        if not passed.exists():
            running.append((name, passed, start_tests(python, *arguments)))
    for name, passed, process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, f"with {name}:\n{output[-5000:]}"
        assert " passed" in output
        for old in passed.parent.glob("passed-*"):
            old.unlink()
        passed.touch()
