"""`pulumi up` killed with SIGKILL at several points: the next one converges, no duplicates.

Each cloud alone, so that every point is reached in its turn.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from components.azure.runs.cloud import forget_clients
from tests.e2e.azure import SUBSCRIPTION, ids_in_azure, in_azure, in_workspace, workspaces
from tests.e2e.project import NAME, Project, fresh, inventory, inventory_of_gcp

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

LOCATION = "/v1/projects/trimaran-local/locations/us-central1"


def laying_the_lake(project: Project) -> bool:
    return len(project.client("s3").list_buckets()["Buckets"]) >= 2


def preparing(project: Project) -> bool:
    glue = project.client("glue")
    for job in glue.get_jobs()["Jobs"]:
        for run in glue.get_job_runs(JobName=job["Name"])["JobRuns"]:
            if run["JobRunState"] == "RUNNING":
                return True
    return False


def training(project: Project) -> bool:
    jobs = project.sagemaker.list_training_jobs(StatusEquals="InProgress")
    return bool(jobs["TrainingJobSummaries"])


def creating_the_endpoint(project: Project) -> bool:
    return bool(project.sagemaker.list_endpoints(StatusEquals="Creating")["Endpoints"])


def making_keys_in_gcp(project: Project) -> bool:
    return bool(project.gcp(f"{LOCATION}/keyRings").get("keyRings"))


def laying_the_lake_in_gcp(project: Project) -> bool:
    return len(inventory_of_gcp(project)["buckets"]) >= 2


def watching_in_gcp(project: Project) -> bool:
    return len(inventory_of_gcp(project)["alert policies"]) >= 2


def preparing_in_gcp(project: Project) -> bool:
    return any("prepare_beam" in line for line in project.processes())


def training_in_gcp(project: Project) -> bool:
    jobs = project.gcp(f"{LOCATION}/customJobs").get("customJobs", [])
    return any(job["state"] == "JOB_STATE_RUNNING" for job in jobs)


def deploying_in_gcp(project: Project) -> bool:
    return bool(inventory_of_gcp(project)["models"])


def founding_in_azure(project: Project) -> bool:
    return len(in_azure(project, f"{SUBSCRIPTION}/resources")) >= 3


def opening_the_workspace_in_azure(project: Project) -> bool:
    return bool(workspaces(project))


def _statuses(project: Project) -> list[str]:
    return sorted(str(job["properties"]["status"]) for job in in_workspace(project, "jobs"))


def preparing_in_azure(project: Project) -> bool:
    return _statuses(project) == ["Running"]


def training_in_azure(project: Project) -> bool:
    return _statuses(project) == ["Completed", "Running"]


def deploying_in_azure(project: Project) -> bool:
    return bool(in_workspace(project, "onlineEndpoints"))


def killed_at(project: Project, points: Sequence[Callable[[Project], bool]]) -> None:
    """Kills `up` at each point, lets the last one end, and sees that it left nothing to do."""
    for point in points:
        project.kill_up_when(lambda point=point: point(project))  # type: ignore[misc]
    project.up()
    project.up("--expect-no-changes")


def test_an_update_of_aws_killed_at_several_points_converges_without_duplicates(
    tmp_path: Path,
) -> None:
    with fresh(tmp_path / "project", "aws") as project:
        empty = inventory(project)
        killed_at(project, [laying_the_lake, preparing, training, creating_the_endpoint])
        assert project.predict()[0]["label"] == "Adelie"

        made = inventory(project)
        assert len(made["buckets"]) == 4, made["buckets"]
        assert len(made["keys"]) - len(empty["keys"]) == 3, made["keys"]
        for kind in ("endpoints", "endpoint configurations", "models", "training jobs"):
            assert len(made[kind]) == 1, (kind, made[kind])
        assert made["endpoints"] == [NAME]
        runs = [
            run["JobRunState"]
            for job in made["glue jobs"]
            for run in project.client("glue").get_job_runs(JobName=job)["JobRuns"]
        ]
        assert runs.count("SUCCEEDED") == 1, runs
        assert "RUNNING" not in runs

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        assert inventory(project) == empty


def test_an_update_of_gcp_killed_at_several_points_converges_without_duplicates(
    tmp_path: Path,
) -> None:
    points = [
        making_keys_in_gcp,
        watching_in_gcp,
        laying_the_lake_in_gcp,
        preparing_in_gcp,
        training_in_gcp,
        deploying_in_gcp,
    ]
    with fresh(tmp_path / "project", "gcp") as project:
        untouched, empty = inventory(project), inventory_of_gcp(project)
        killed_at(project, points)
        assert project.predict_in_gcp()["label"] == "Adelie"

        counts = {kind: len(names) for kind, names in inventory_of_gcp(project).items()}
        twice = {"alert policies": 4, "buckets": 4, "service accounts": 3}
        once = ("channels", "custom jobs", "dashboards", "endpoints", "budgets", "models", "sinks")
        assert {kind: n for kind, n in counts.items() if n} == twice | dict.fromkeys(once, 1)
        # What nobody can delete must not be made twice at all.
        (ring,) = project.gcp(f"{LOCATION}/keyRings")["keyRings"]
        assert len(project.gcp(f"/v1/{ring['name']}/cryptoKeys")["cryptoKeys"]) == 3
        (model,) = inventory_of_gcp(project)["models"]
        assert project.gcp(f"/v1/{model}")["versionId"] == "1"
        assert inventory(project) == untouched, "GCP alone made something in AWS"

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        assert inventory_of_gcp(project) == empty
        assert [line for line in project.processes() if "serve" in line] == []


def test_an_update_of_azure_killed_at_several_points_converges_without_duplicates(
    tmp_path: Path,
) -> None:
    points = [
        founding_in_azure,
        opening_the_workspace_in_azure,
        preparing_in_azure,
        training_in_azure,
        deploying_in_azure,
    ]
    forget_clients()  # of another test's sandbox
    with fresh(tmp_path / "project", "azure") as project:
        empty = list(ids_in_azure(project))
        killed_at(project, points)

        resources = project.stack.export()["deployment"]["resources"]
        known = {str(one.get("id")).lower() for one in resources}
        made = list(ids_in_azure(project))
        assert len(made) > 30
        assert set(made) <= known, "something is there that the state knows nothing of"
        assert _statuses(project) == ["Completed", "Completed"]
        assert len(in_workspace(project, "onlineEndpoints")) == 1
        roles = [
            tuple(one["properties"][key] for key in ("principalId", "roleDefinitionId", "scope"))
            for one in in_azure(
                project, f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
            )
        ]
        assert len(roles) == len(set(roles)), roles

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        assert list(ids_in_azure(project)) == empty
        # Azurite, whose command line names the server's certificate, belongs to the sandbox.
        left = [line for line in project.processes() if "launcher.js" not in line]
        assert [line for line in left if "serve" in line] == []
    forget_clients()
