"""AWS and GCP from one program: data goes over, each cloud trains, serves and changes models."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.project import ROW, Project, fresh, inventory

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

LOCATION = "/v1/projects/trimaran-local/locations/us-central1"


def ask(project: Project, path: str) -> dict[str, Any]:
    """One REST call to the sandbox's GCP."""
    base = project.stack.environ["GOOGLE_CLOUD_ENDPOINT_URL"]
    answer = httpx.get(f"{base}{path}", timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def names(project: Project, kind: str) -> list[str]:
    """The names of Vertex AI's ``kind`` in the stack's location."""
    return sorted(item["name"] for item in ask(project, f"{LOCATION}/{kind}").get(kind, []))


def left(project: Project) -> Mapping[str, list[str]]:
    """What a stack could leave behind in GCP; key rings are not among it, for nobody can."""
    buckets = ask(project, "/storage/v1/b?project=trimaran-local").get("items", [])
    accounts = ask(project, "/v1/projects/trimaran-local/serviceAccounts").get("accounts", [])
    return {
        "buckets": sorted(bucket["name"] for bucket in buckets),
        "service accounts": sorted(account["email"] for account in accounts),
        **{kind: names(project, kind) for kind in ("endpoints", "models", "customJobs")},
    }


def label(project: Project, outputs: Mapping[str, Any]) -> str:
    """What GCP's endpoint says of a real row."""
    base = project.stack.environ["GOOGLE_CLOUD_ENDPOINT_URL"]
    answer = httpx.post(
        f"{base}/v1/{outputs['endpoint_name']}:predict", json={"instances": [ROW]}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    (prediction,) = answer.json()["predictions"]
    assert sum(prediction["probabilities"].values()) == pytest.approx(1)
    return str(prediction["label"])


def test_one_program_brings_both_clouds_up_and_takes_them_away(tmp_path: Path) -> None:
    with fresh(tmp_path / "project") as project:
        project.configure("clouds", ["aws", "gcp"])
        empty_aws, empty_gcp = inventory(project), left(project)
        project.up()
        first = project.stack.outputs()["gcp"]
        assert project.predict()[0]["label"] == "Adelie"
        assert label(project, first) == "Adelie"
        assert first["evaluation"]["accuracy"] >= 0.9

        project.up("--expect-no-changes")
        refreshed = project.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
        assert refreshed.status == 0, refreshed.text

        code = project.directory / "model_code" / "inference.py"
        code.write_text(code.read_text() + '\nMARK = "changed"\n')
        project.up()
        second = project.stack.outputs()["gcp"]
        assert second["endpoint_name"] == first["endpoint_name"], "the endpoint was replaced"
        assert second["model_data_url"] != first["model_data_url"]
        assert label(project, second) == "Adelie"
        assert len(ask(project, f"/v1/{second['endpoint_name']}")["deployedModels"]) == 1

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        assert inventory(project) == empty_aws
        assert left(project) == empty_gcp
        assert [line for line in project.processes() if "serve" in line] == []
