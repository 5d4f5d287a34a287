"""From nothing to nothing, with AWS alone: updates, a rollback, a destroy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.project import NAME, Project, fresh, inventory
from tools import rollback

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@contextmanager
def asked_all_the_time(project: Project) -> Iterator[list[str]]:
    """Asks the endpoint without a pause meanwhile; yields the errors that it got."""
    errors: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.05):
            try:
                project.predict()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                errors.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield errors
    finally:
        done.set()
        asking.join()


def change_code(project: Project) -> None:
    """Makes the answers recognisable as those of new code."""
    path = project.directory / "model_code" / "inference.py"
    path.write_text(path.read_text() + '\nMARK = "changed"\n')


def test_a_stack_from_nothing_to_nothing(tmp_path: Path) -> None:
    with fresh(tmp_path / "project", "aws") as project:
        before = inventory(project)
        project.up()
        first = project.outputs()
        born = project.endpoint()["CreationTime"]
        one_model(project)

        # What the autoscaler chose survives an update of the model, and nobody notices it.
        project.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=NAME,
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}],
        )
        project.sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName=NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        change_code(project)
        with asked_all_the_time(project) as errors:
            project.up()
        assert errors == []
        second = project.outputs()
        assert second["training_job"] != first["training_job"]
        assert second["model_data_url"] != first["model_data_url"]
        endpoint = project.endpoint()
        assert endpoint["CreationTime"] == born, "the endpoint was replaced"
        assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == 2
        one_model(project)
        assert served(project) == second["model_data_url"]
        assert second["earlier_releases"][0]["model_data_url"] == first["model_data_url"]

        # One command goes back, and later updates keep to it.
        release = rollback.earlier_release({"aws": second}, "aws", 1)
        for key in ("model_data_url", "model_sha256"):
            project.configure(f"aws.serving.release.{key}", release[key])
        project.up()
        assert served(project) == first["model_data_url"]
        assert project.endpoint()["ProductionVariants"][0]["CurrentInstanceCount"] == 2
        assert project.predict()[0]["label"] == "Adelie"
        project.configure("aws.serving.release", None)

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        assert inventory(project) == before
        assert [line for line in project.processes() if "serve" in line] == []


def one_model(project: Project) -> None:
    """Nothing of earlier models lies around."""
    assert len(project.sagemaker.list_models()["Models"]) == 1
    assert len(project.sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1
    jobs = project.sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert len(jobs) == 1


def served(project: Project) -> str:
    """The model that the endpoint serves."""
    name = project.endpoint()["EndpointConfigName"]
    configuration = project.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    model = project.sagemaker.describe_model(
        ModelName=configuration["ProductionVariants"][0]["ModelName"]
    )
    return str(model["PrimaryContainer"]["ModelDataUrl"])
