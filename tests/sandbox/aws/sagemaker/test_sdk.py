"""The official sagemaker SDK, unmodified, trains, deploys and predicts on the sandbox."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.processes import isolation
from tests.sandbox.running import RunningSandbox

PROGRAM = Path(__file__).with_name("sdk_program.py")


def test_model_trainer_and_resources_work_unmodified(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    if not isolation().mounts:
        pytest.skip("the SDK's scripts need /opt/ml, and this kernel permits no private mounts")
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(tmp_path),
        **sandbox.environment,
    }
    run = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    result = json.loads((tmp_path / "result.json").read_text())
    assert result == {"status": "Completed", "label": "by-sdk 1,2"}
