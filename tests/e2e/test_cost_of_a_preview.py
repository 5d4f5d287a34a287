"""`make preview` tells what a stack costs, and keeps to the budget, whatever policies say."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tools import paths, workspace

pytestmark = pytest.mark.e2e

TWICE = "aws/sagemaker/endpoint_configuration/more_than_one_instance"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy whose stack `dev` has money for GCP and none for AWS, and breaks a rule."""
    project = workspace.make(tmp_path / "project")
    path = project / "Pulumi.dev.yaml"
    content = yaml.safe_load(path.read_text())
    content["config"]["trimaran:aws"]["spend"]["monthly_usd"] = 20
    content["config"]["trimaran:usage"] = {"training_runs_per_month": 30, "training_minutes": 60}
    content["config"]["trimaran:policy"] = {"enable": [TWICE]}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return project


def test_a_preview_tells_at_once_what_is_refused_and_what_is_too_dear(project: Path) -> None:
    ran = subprocess.run(
        [paths.venv_python(project), "-m", "tools.preview", "dev", "--markdown", "cost.md"],
        cwd=project,
        env={**os.environ, "TRIMARAN_LIVE_PRICES": "off"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    (refused,) = (line for line in ran.stdout.splitlines() if "[mandatory]" in line)
    assert TWICE in refused
    # The engine's display is there as ever; the table follows it.
    assert ran.stdout.index(refused) < ran.stdout.index("aws, USD") < ran.stdout.index("gcp,")
    (error,) = (line for line in ran.stderr.splitlines() if line.startswith("error:"))
    assert "above the budget aws.spend.monthly_usd of 20.00" in error
    assert "most of it is endpoint, 1 × ml.m5.large (Serving, 83.95)" in error
    assert "raise the budget in Pulumi.dev.yaml" in ran.stderr
    # Both alternatives have their column, wherever the output goes.
    assert any("on spot" in line and "reserved" in line for line in ran.stdout.splitlines())

    text = (project / "cost.md").read_text()
    assert "### Cost of stack `dev`" in text
    assert "| Serving | endpoint, 1 × ml.m5.large | 83.95 |" in text
    # 30 runs of an hour each, at the full price: AWS publishes none for spot.
    assert "| Training | training job, 1 × ml.m5.large (spot) | 3.45 | 0.12 |" in text
    assert "| Serving | endpoint, 1 × n1-standard-2 | 79.94 |" in text
    assert "list prices of catalogue/prices.csv, up to" in text
    assert "in no total because no price is known: Crawler (Prep)" in text
