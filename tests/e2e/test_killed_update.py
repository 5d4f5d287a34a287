"""`pulumi up` killed with SIGKILL at several points: the next one converges, no duplicates."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.project import NAME, Project, fresh, inventory

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


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


def laying_the_lake(project: Project) -> bool:
    return len(project.client("s3").list_buckets()["Buckets"]) >= 2


def test_an_update_killed_at_several_points_converges_without_duplicates(tmp_path: Path) -> None:
    points: list[Callable[[Project], bool]] = [
        laying_the_lake,
        preparing,
        training,
        creating_the_endpoint,
    ]
    with fresh(tmp_path / "project") as project:
        empty = inventory(project)
        for point in points:
            project.kill_up_when(lambda point=point: point(project))  # type: ignore[misc]
        project.up()
        assert project.predict()[0]["label"] == "Adelie"
        project.up("--expect-no-changes")

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
