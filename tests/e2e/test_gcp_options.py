"""What is off by default on GCP, switched on: AutoML beside the training, model monitoring."""

from pathlib import Path

import pytest

from tests.e2e.project import UP, fresh, inventory_of_gcp

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


def test_automl_and_monitoring_come_up_follow_a_release_and_go(tmp_path: Path) -> None:
    with fresh(tmp_path / "project", "gcp") as project:
        empty = inventory_of_gcp(project)
        project.configure("gcp.automl", {"budget_node_hours": 1})
        project.configure("gcp.monitoring", {"interval_hours": 1})
        project.up()
        first = project.stack.outputs()["gcp"]
        assert first["automl"]["evaluation"]["accuracy"] >= 0.9
        assert first["evaluation"]["accuracy"] >= 0.9
        assert project.predict_in_gcp()["label"] == "Adelie"
        again = project.up()
        assert (again.counted("created"), again.counted("updated")) == (0, 0)

        # Another model is deployed: monitoring follows it, and nothing is searched again.
        code = project.directory / "model_code" / "inference.py"
        code.write_text(f"{code.read_text()}\nMARK = 'another'\n")
        project.up()
        second = project.stack.outputs()["gcp"]
        assert second["automl"] == first["automl"]
        (deployed,) = project.gcp(f"/v1/{second['endpoint_name']}")["deployedModels"]
        job = project.gcp(f"/v1/{second['monitoring']}")
        (config,) = job["modelDeploymentMonitoringObjectiveConfigs"]
        assert config["deployedModelId"] == deployed["id"]
        assert job["name"] == project.gcp(f"/v1/{first['monitoring']}")["name"]

        gone = project.pulumi("destroy", *UP[1:])
        assert gone.status == 0, gone.text
        left = inventory_of_gcp(project)
        assert {kind: names for kind, names in left.items() if names != empty[kind]} == {}
        for kind in ("datasets", "trainingPipelines", "modelDeploymentMonitoringJobs"):
            place = f"/v1/projects/trimaran-local/locations/us-central1/{kind}"
            assert project.gcp(place).get(kind, []) == []
