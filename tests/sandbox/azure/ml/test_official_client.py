"""azure-ai-ml, unmodified and in its own library set, against the sandbox.

It is started once; each test looks at what one step found.
"""

import json
import math
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.azure.environment import SUBSCRIPTION
from tests.sandbox.azure.cloud_world import CloudWorld
from tests.sandbox.azure.ml.conftest import WORKSPACE
from tools.library_sets import environment

HERE = Path(__file__).parent
Steps = Callable[[str], Any]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def step(cloud: CloudWorld, tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """What a step of ``official_client.py`` found."""
    work = tmp_path_factory.mktemp("client")
    variables = {
        **cloud.context.environment(),
        "CLIENT_SUBSCRIPTION": SUBSCRIPTION,
        "CLIENT_GROUP": "tests",
        "CLIENT_WORKSPACE": "team",
        "HOME": str(work),
        "PATH": os.environ["PATH"],
    }
    program = [environment(HERE / "official_client.lock"), HERE / "official_client.py", work]
    done = subprocess.run(
        program, env=variables, cwd=work, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    steps: dict[str, Any] = json.loads((work / "found.json").read_text())

    def found(name: str) -> Any:
        assert "failed" not in steps[name], steps[name]["failed"]
        return steps[name]["found"]

    return found


def test_workspaces_are_read_and_listed(step: Steps) -> None:
    assert step("workspace") == {"location": "westeurope", "names": ["team"]}


def test_environments_are_created_read_and_listed(step: Steps) -> None:
    found = step("environment")
    assert found["image"].startswith("mcr.microsoft.com/azureml/curated/")
    assert (found["version"], found["listed"]) == ("1", ["1"])


def test_a_local_file_becomes_data_in_the_data_store(step: Steps, cloud: CloudWorld) -> None:
    found = step("local_data")
    assert found["listed"] == ["1"]
    path = found["path"].partition("datastores/workspaceblobstore/paths/")[2]
    store = cloud.get(f"{WORKSPACE}/datastores/workspaceblobstore")["properties"]
    assert cloud.blob(store["containerName"], path) == b"1,2,3,4"


def test_a_job_runs_local_code_on_data_and_its_log_is_streamed(step: Steps) -> None:
    assert step("running_job")["status"] in ("NotStarted", "Queued", "Preparing", "Running")
    found = step("stream")
    assert "Streaming user_logs/std_log.txt" in found["said"]
    assert "learning from 1,2,3,4\nlearned\n" in found["said"]
    assert found["status"] == "Completed"
    assert step("jobs") == ["learning"]


def test_code_that_is_there_is_not_uploaded_again(step: Steps, cloud: CloudWorld) -> None:
    (version,) = step("same_code")["ids"]
    assert version == cloud.get(f"{WORKSPACE}/jobs/learning")["properties"]["codeId"]


def test_a_failed_job_is_told_with_its_error(step: Steps) -> None:
    found = step("failing_job")
    assert found["status"] == "Failed"
    assert "status code 3" in found["error"]
    assert "no luck" in found["error"]


def test_logs_and_outputs_of_a_job_are_downloaded(step: Steps) -> None:
    assert step("download") == [
        "artifacts/user_logs/std_log.txt",
        "named-outputs/trained/model.pkl",
    ]


def test_the_output_of_a_job_becomes_a_model_that_can_be_downloaded(step: Steps) -> None:
    found = step("model")
    assert found["version"] == "1"
    assert found["path"].startswith("azureml://subscriptions/")
    assert "/datastores/workspaceblobstore/paths/" in found["path"]
    assert found["files"] == ["model.pkl"]


def test_a_local_file_becomes_a_model(step: Steps) -> None:
    found = step("local_model")
    assert found["path"].endswith("/model.txt")
    assert found["listed"] == ["1"]


def test_a_sweep_tries_what_the_client_declares(step: Steps, cloud: CloudWorld) -> None:
    found = step("sweep")
    assert found["status"] == "Completed"
    assert found["trials"] == ["swept_0", "swept_1"]
    assert found["best"] in found["trials"]
    space = cloud.get(f"{WORKSPACE}/jobs/swept")["properties"]["searchSpace"]
    # The bounds of LogUniform are logarithms, on the wire as in the client.
    assert space == {"rate": ["loguniform", [-6.9, -2.4]], "size": ["choice", [[32, 64]]]}
    for name in found["trials"]:
        parameters = cloud.get(f"{WORKSPACE}/jobs/{name}")["properties"]["parameters"]
        assert math.exp(-6.9) <= float(parameters["rate"]) <= math.exp(-2.4)
        assert int(parameters["size"]) in (32, 64)


def test_an_endpoint_answers_by_key_and_goes(step: Steps) -> None:
    found = step("endpoint")
    assert found["answer"] == {"served": True, "rows": 2}
    length, differ = found["keys"]
    assert length > 30
    assert differ
    assert found["logs"]
    assert found["listed"] == ["clients-own"]
    assert step("endpoint_deleted") == []
