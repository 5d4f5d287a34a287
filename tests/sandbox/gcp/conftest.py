"""A sandbox for the tests on GCP, with images that stand for a user's own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.gcp.google import LOCATION, PROJECT, Google
from tests.sandbox.running import RunningSandbox

HERE = Path(__file__).parent
# Between two looks of model monitoring, in place of hours.
MONITORING_SECONDS = 10
IMAGES = {
    "gcr.io/my-project/my-training-image": HERE / "training_image",
    "gcr.io/my-project/my-serving-image": HERE / "serving_image",
}


@pytest.fixture(scope="session")
def gcp_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A running sandbox shared by the tests on GCP: use names of your own in it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SANDBOX_")]:
            patch.delenv(name)
        patch.setenv("SANDBOX_PLUGINS", "off")
        patch.setenv("SANDBOX_MONITORING_SECONDS", str(MONITORING_SECONDS))
        patch.setenv("SANDBOX_IMAGES", ",".join(f"{name}={path}" for name, path in IMAGES.items()))
        running = RunningSandbox(tmp_path_factory.mktemp("gcp") / "state")
        running.start()
        try:
            yield running
        finally:
            running.stop()
    left = running.processes()
    assert not left, f"the sandbox left processes behind: {left}"


@pytest.fixture
def google(gcp_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """Google's clients on the shared sandbox."""
    for name, value in gcp_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    client = Google(gcp_sandbox)
    yield client
    client.close()


@pytest.fixture
def vertex(google: Google, monkeypatch: pytest.MonkeyPatch) -> Any:
    """google-cloud-aiplatform, unmodified but for how often it asks whether a job has ended."""
    from google.cloud import aiplatform
    from google.cloud.aiplatform import jobs

    monkeypatch.setattr(jobs, "_JOB_WAIT_TIME", 0.2)
    aiplatform.init(
        project=PROJECT, location=LOCATION, api_endpoint=google.url, api_transport="rest"
    )
    return aiplatform
