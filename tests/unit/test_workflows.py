"""The workflows of CI: pinned, with the least rights, and calling verbs that there are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import paths

DIRECTORY = paths.PROJECT / ".github" / "workflows"
FILES = sorted(DIRECTORY.glob("*.yml"))
PULL_REQUEST, DRIFT = DIRECTORY / "pull-request.yml", DIRECTORY / "drift.yml"
MAKE = re.compile(r"\bmake (?:-\w+ )?([a-z]+)")


def workflow(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow(path)["jobs"]
    return found


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = job["steps"]
    return found


def triggers(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the bare word `on` as true.
    found: dict[str, Any] = workflow(path)[True]  # type: ignore[index]
    return found


def test_there_is_one_for_pull_requests_and_one_for_drift() -> None:
    assert FILES == [DRIFT, PULL_REQUEST]
    assert set(triggers(PULL_REQUEST)) == {"pull_request"}
    assert set(triggers(DRIFT)) == {"schedule", "workflow_dispatch"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_whose_version_is_told(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert len(used) == len([step for job in jobs(path).values() for step in steps(job)]) - len(
        [step for job in jobs(path).values() for step in steps(job) if "run" in step]
    )
    for line in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_granted_but_what_a_job_names(path: Path) -> None:
    assert workflow(path)["permissions"] == {}
    for name, job in jobs(path).items():
        rights, checks_out = job["permissions"], "actions/checkout@" in str(steps(job))
        may_write = {what for what, level in rights.items() if level == "write"}
        # Code of a pull request never runs where something may be written.
        assert may_write <= ({"id-token"} if checks_out else {"pull-requests"}), name
        assert job["timeout-minutes"] <= 90
        for step in steps(job):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_only_the_drift_check_has_a_login_and_no_key() -> None:
    assert "id-token" not in PULL_REQUEST.read_text()
    assert "secrets." not in PULL_REQUEST.read_text()
    (job,) = jobs(DRIFT).values()
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert "environment" not in job
    logins = [step for step in steps(job) if "matrix." in str(step.get("if", ""))]
    assert len(logins) == 3
    for step in logins:
        assert not [name for name in step["with"] if "key" in name or "secret" in name]
    places = [index for index, step in enumerate(steps(job)) if step in logins]
    setup = next(i for i, step in enumerate(steps(job)) if step.get("run") == "make setup")
    assert setup < min(places)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verbs_are_the_makefiles(path: Path) -> None:
    makefile = (paths.PROJECT / "Makefile").read_text()
    verbs = set(re.findall(r"^([a-z]+):.*##", makefile, flags=re.MULTILINE))
    runs = [step["run"] for job in jobs(path).values() for step in steps(job) if "run" in step]
    called = {verb for run in runs for verb in MAKE.findall(run)}
    assert called
    assert called <= verbs


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_text_from_outside_becomes_a_command(path: Path) -> None:
    for job in jobs(path).values():
        own = job.get("strategy", {}).get("matrix", {})
        for step in steps(job):
            for expression in re.findall(r"\$\{\{\s*(.*?)\s*\}\}", step.get("run", "")):
                # A list that stands in the file itself is no text from outside.
                assert expression == "matrix.stack", step
                assert own.get("stack"), step


def test_every_environment_is_previewed() -> None:
    stacks = {path.name.split(".")[1] for path in paths.PROJECT.glob("Pulumi.*.yaml")}
    previewed = jobs(PULL_REQUEST)["preview"]["strategy"]["matrix"]["stack"]
    assert set(previewed) == stacks - {"local"}
