"""One stack that is up for the tests that only look at it or put things back, made once."""

from collections.abc import Iterator

import pytest

from tests.e2e.project import Project, fresh


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Stack `local` up, all three clouds and AWS's model monitoring; it goes with `make down`."""
    with fresh(tmp_path_factory.mktemp("running") / "project", "aws", "gcp", "azure") as project:
        project.configure("aws.serving.capture_percent", 100)
        project.configure("aws.monitoring", {"interval_hours": 24})
        project.up()
        yield project
        down = project.make("down")
        assert down.status == 0, down.text
        assert "nothing is left but what the clouds do not delete at once:" in down.text, down.text
