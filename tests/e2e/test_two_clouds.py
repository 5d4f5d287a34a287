"""AWS and GCP from one program: data goes over, each cloud trains, serves and changes models."""

from pathlib import Path

import pytest

from tests.e2e.project import UP, Project, fresh, inventory, inventory_of_gcp
from tools import rollback

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

EVERYTHING = {
    "network": {"enabled": True, "cidr": "10.48.0.0/22"},
    "ci": {"repository": "acme/ml"},
}


def change_code(project: Project, mark: str) -> None:
    """Makes another model necessary, in each cloud."""
    code = project.directory / "model_code" / "inference.py"
    code.write_text(f"{code.read_text()}\nMARK = {mark!r}\n")


def served_in_gcp(project: Project) -> str:
    """Where the model comes from that GCP's endpoint serves; there must be one only."""
    name = project.stack.outputs()["gcp"]["endpoint_name"]
    (deployed,) = project.gcp(f"/v1/{name}")["deployedModels"]
    model = project.gcp(f"/v1/{deployed['model']}@{deployed['modelVersionId']}")
    return str(model["artifactUri"]).rstrip("/")


def transferring(project: Project) -> bool:
    jobs = project.gcp('/v1/transferJobs?filter={"projectId":"trimaran-local"}')
    return bool(jobs.get("transferJobs"))


def test_both_clouds_come_up_change_fail_apart_roll_back_go_and_come_again(tmp_path: Path) -> None:
    with fresh(tmp_path / "project", "aws", "gcp") as project:
        for key, value in EVERYTHING.items():
            project.configure(f"gcp.{key}", value)
        empty_aws, empty_gcp = inventory(project), inventory_of_gcp(project)
        # Between the clouds nothing is doubled either by a kill.
        project.kill_up_when(lambda: transferring(project))
        project.up()
        first = project.stack.outputs()
        assert project.predict()[0]["label"] == project.predict_in_gcp()["label"] == "Adelie"
        assert first["gcp"]["evaluation"]["accuracy"] >= 0.9
        made = inventory_of_gcp(project)
        assert {kind: len(names) for kind, names in made.items()} == {
            "buckets": 4,
            "service accounts": 4,
            "endpoints": 1,
            "models": 1,
            "custom jobs": 1,
            "sinks": 1,
            "alert policies": 4,
            "channels": 1,
            "dashboards": 1,
            "budgets": 1,
            "networks": 1,
            "firewalls": 4,
            "transfer jobs": 1,
            "pools": 1,
        }
        project.up("--expect-no-changes")
        refreshed = project.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
        assert refreshed.status == 0, refreshed.text

        # What fails in one cloud fails there: the other one serves, and so does the old model.
        change_code(project, "second")
        project.configure("gcp.serving.image", "gcr.io/acme/no-such-image")
        failed = project.pulumi(*UP)
        assert failed.status != 0
        assert "no-such-image" in failed.text
        assert "Traceback" not in failed.text
        assert served_in_gcp(project) == first["gcp"]["model_data_url"].rstrip("/")
        assert project.predict()[0]["label"] == project.predict_in_gcp()["label"] == "Adelie"
        project.configure("gcp.serving.image", None)
        project.up()
        second = project.stack.outputs()
        assert second["gcp"]["endpoint_name"] == first["gcp"]["endpoint_name"]
        for cloud in ("aws", "gcp"):
            assert second[cloud]["model_data_url"] != first[cloud]["model_data_url"]
            release = rollback.earlier_release(second, cloud, 1)
            assert release["model_data_url"] == first[cloud]["model_data_url"]
        assert served_in_gcp(project) == second["gcp"]["model_data_url"].rstrip("/")

        assert rollback.roll_back(project.stack, cloud="gcp", steps=None) == 0
        assert served_in_gcp(project) == first["gcp"]["model_data_url"].rstrip("/")
        assert project.stack.outputs()["aws"]["model_sha256"] == second["aws"]["model_sha256"]
        assert project.predict_in_gcp()["label"] == "Adelie"
        project.configure("gcp.serving.release", None)

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        assert inventory(project) == empty_aws
        assert inventory_of_gcp(project) == empty_gcp
        assert [line for line in project.processes() if "serve" in line] == []

        project.up()
        assert project.predict()[0]["label"] == project.predict_in_gcp()["label"] == "Adelie"
