"""Environments side by side in one sandbox: they fail, change their clouds and go on their own."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.azure import ids_in_azure
from tests.e2e.project import UP, Project, fresh, inventory, inventory_of_gcp

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

ALL = {"aws": ["Adelie"], "gcp": ["Adelie"], "azure": ["Adelie", "Adelie"]}


def everything(project: Project) -> dict[str, list[str]]:
    """The names of all that a stack could leave behind in one of the three clouds."""
    return {
        **inventory(project),
        **{f"gcp {kind}": names for kind, names in inventory_of_gcp(project).items()},
        "azure": sorted(ids_in_azure(project)),
    }


def ids_outside_gcp(project: Project) -> Mapping[str, str]:
    """What the stack has in the clouds of AWS and Azure: its id by its URN."""
    resources = project.stack.export()["deployment"]["resources"]
    clouds = ("aws:", "azure-native:", "trimaran:aws:", "trimaran:azure:")
    return {
        one["urn"]: one["id"]
        for one in resources
        if one["type"].startswith(clouds) and one.get("id")
    }


def destroy(project: Project) -> None:
    destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
    assert destroyed.status == 0, destroyed.text


def test_environments_fail_apart_change_their_clouds_and_go_alone(
    running: Project, tmp_path: Path
) -> None:
    before = everything(running)
    with fresh(tmp_path / "second", "aws", "gcp", "azure", name="second", beside=running) as second:
        # One of three clouds fails half-way: what the others have stays, and is not made again.
        second.configure("gcp.serving.image", "gcr.io/acme/no-such-image")
        failed = second.pulumi(*UP)
        assert failed.status != 0
        assert "no-such-image" in failed.text
        assert "Traceback" not in failed.text
        made = ids_outside_gcp(second)
        assert len(made) > 100
        assert second.predict()[0]["label"] == "Adelie"
        second.configure("gcp.serving.image", None)
        second.up()
        assert made.items() <= ids_outside_gcp(second).items()
        assert second.labels() == ALL

        with fresh(tmp_path / "third", "gcp", "azure", name="third", beside=running) as third:
            third.up()
            assert third.labels() == {cloud: ALL[cloud] for cloud in ("gcp", "azure")}
            pair = third.stack.outputs()
            # Another cloud comes, one goes, and the third stays as it is.
            third.configure("clouds", ["aws", "azure"])
            third.up()
            assert third.labels() == {cloud: ALL[cloud] for cloud in ("aws", "azure")}
            other = third.stack.outputs()
            for name in ("training_job", "model_sha256", "endpoint", "buckets"):
                assert other["azure"][name] == pair["azure"][name], name
            refreshed = third.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
            assert refreshed.status == 0, refreshed.text
            names = [f"trimaran-{name}" for name in ("local", "second", "third")]
            assert inventory(third)["endpoints"] == names
            destroy(third)

        assert second.labels() == ALL
        destroy(second)
    assert everything(running) == before
    assert running.labels() == ALL
