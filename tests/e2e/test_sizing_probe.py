"""`make sizing ARGS=--probe` measures endpoints that really serve."""

import os
import re
import subprocess

import pytest

from tests.e2e.project import Project
from tools import paths

pytestmark = pytest.mark.e2e


def test_every_endpoint_is_measured_and_every_cloud_sized(running: Project) -> None:
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
        r"^(\w+) .*: (\d+) requests one by one: mean [\d.]+ ms, median ([\d.]+) ms",
        ran.stdout,
        flags=re.MULTILINE,
    )
    # Azure has two: the managed endpoint, which is sized, and the container group.
    assert [cloud for cloud, *_ in measured] == ["aws", "gcp", "azure", "azure"], ran.stdout
    # As many as fit into the second that was measured, on whatever machine this is.
    assert all(int(requests) >= 1 for _, requests, _ in measured)
    for cloud in ("aws", "gcp", "azure"):
        assert re.search(rf"^{cloud}: configured 1 × ", ran.stdout, flags=re.MULTILINE)
        # Where that is too slow for the latency that is asked for, it says so with the same words.
        medians = [float(median) for name, _, median in measured if name == cloud]
        said = [f"a request takes {median:g} ms of a processor" for median in medians]
        assert any(words in ran.stdout for words in said), ran.stdout
