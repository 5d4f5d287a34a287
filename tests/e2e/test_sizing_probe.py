"""`make sizing ARGS=--probe` measures endpoints that really serve."""

import os
import re
import subprocess

import pytest

from tests.e2e.project import Project
from tools import paths

pytestmark = pytest.mark.e2e


def test_both_clouds_are_measured_and_sized(running: Project) -> None:
    ran = subprocess.run(
        [paths.venv_python(running.directory), "-m", "tools.sizing", "--probe", "--seconds", "1"],
        cwd=running.directory,
        env={
            **os.environ,
            "SANDBOX_STATE": str(running.directory / ".sandbox"),
            "TRIMARAN_LIVE_PRICES": "off",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    measured = re.findall(
        r"(\d+) requests one by one: mean [\d.]+ ms, median ([\d.]+) ms", ran.stdout
    )
    assert len(measured) == 2
    for requests, median in measured:
        # As many as fit into the second that was measured, on whatever machine this is.
        assert int(requests) >= 1
        # Where that is too slow for the latency that is asked for, it says so with the same words.
        assert f"a request takes {float(median):g} ms of a processor" in ran.stdout
    for cloud in ("aws", "gcp"):
        assert re.search(rf"^{cloud}: configured 1 × ", ran.stdout, flags=re.MULTILINE)
