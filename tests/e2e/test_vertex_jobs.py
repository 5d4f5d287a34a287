"""Vertex AI's jobs under the real engine: previewed, interrupted, lost, replaced, gated, ended."""

import json
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.project import UP, Project, Ran, fresh
from tests.sandbox.runs.gcp_cloud import MODEL, TRIAL
from tests.sandbox.runs.test_gcp_deployments import SERVER

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PARENT = "/v1/projects/trimaran-local/locations/us-central1"
BUCKET = "vertex-e2e"
TRAIN = f"""{MODEL}
import json
report = storage.Client().bucket(bucket).blob(prefix.removesuffix("model/") + "output/evaluation.json")
report.upload_from_string(json.dumps({{"accuracy": 0.9}}))
print("learning rate", sys.argv[1])
"""  # noqa: E501


class Vertex:
    """The project with the small program, its settings, and the cloud behind it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        program = Path(__file__).with_name("vertex_program.py")
        shutil.copy(program, project.directory / "__main__.py")
        base = project.stack.environ["GOOGLE_CLOUD_ENDPOINT_URL"]
        self.rest = httpx.Client(base_url=base, timeout=60)
        self.call("POST", "/storage/v1/b?project=trimaran-local", {"name": BUCKET})
        self.call("POST", f"{PARENT}/endpoints?endpointId=e2e", {"displayName": "e2e"})
        self.settings: dict[str, Any] = {
            "bucket": BUCKET,
            "endpoint": f"{PARENT.removeprefix('/v1/')}/endpoints/e2e",
            "tuning": "search-1",
            "trial": TRIAL,
            "training": "train-1",
            "train": TRAIN,
            "serve": SERVER,
            "max_model_bytes": 10,
            "minimum": 0.8,
        }

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.rest.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def jobs(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"{PARENT}/{kind}").get(kind, [])
        return found

    def set(self, **changes: Any) -> None:
        self.settings |= changes
        (self.project.directory / "inputs.json").write_text(json.dumps(self.settings))

    def answer(self) -> str:
        body = {"instances": [[1]]}
        return str(self.call("POST", f"{PARENT}/endpoints/e2e:predict", body)["predictions"][0])

    def fails(self, *arguments: str) -> str:
        """The words of a command that must fail; without line breaks and colours."""
        ran = self.project.pulumi(*arguments)
        assert ran.status != 0, ran.text
        return plain(ran.text)

    def interrupt_up_when(self, reached: Callable[[], bool]) -> Ran:
        """Ctrl-C in a running `pulumi up`."""
        with subprocess.Popen(
            ["pulumi", *UP, "--stack", "local", "--non-interactive"],
            cwd=self.project.directory,
            env=self.project.stack.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            deadline = time.monotonic() + 120
            while not reached():
                assert running.poll() is None, running.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.1)
            running.send_signal(signal.SIGINT)
            text, _ = running.communicate(timeout=120)
        return Ran(status=running.returncode, text=text)

    def trials_run(self) -> bool:
        """Both trials' processes are there."""
        return len([line for line in self.project.processes() if "hypertune.Hyper" in line]) >= 2


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;]*m", "", text))


def test_jobs_live_through_what_happens_to_them(tmp_path: Path) -> None:
    with fresh(tmp_path / "project") as project:
        vertex = Vertex(project)

        # Nothing is known but what the program says, and nothing is made.
        vertex.set()
        preview = project.pulumi("preview")
        assert preview.status == 0, preview.text
        assert vertex.jobs("hyperparameterTuningJobs") == vertex.jobs("customJobs") == []

        # Ctrl-C while trials run: the job goes on, and `destroy` ends it with its processes.
        vertex.set(trial=TRIAL.replace("time.sleep(", "time.sleep(600 + "))
        interrupted = vertex.interrupt_up_when(vertex.trials_run)
        assert interrupted.status != 0
        assert "the next `pulumi up` takes it up" in plain(interrupted.text)
        (job,) = vertex.jobs("hyperparameterTuningJobs")
        assert job["state"] == "JOB_STATE_RUNNING"
        ended = project.pulumi("destroy", "--yes", "--skip-preview")
        assert ended.status == 0, ended.text
        assert vertex.jobs("hyperparameterTuningJobs") == []
        assert not [line for line in project.processes() if "hypertune.Hyper" in line]

        # Ctrl-C once more: this time the next `up` waits for the same job.
        vertex.set(trial=TRIAL.replace("time.sleep(", "time.sleep(8 + "))
        vertex.interrupt_up_when(vertex.trials_run)
        (job,) = vertex.jobs("hyperparameterTuningJobs")
        refreshed = project.pulumi("refresh", "--yes", "--skip-preview")
        assert refreshed.status == 0, refreshed.text
        project.up()
        assert [found["name"] for found in vertex.jobs("hyperparameterTuningJobs")] == [job["name"]]
        first = project.stack.outputs()
        assert first["best"] == {"learning_rate": "0.02"}
        assert vertex.answer() == "train-1"
        project.up("--expect-no-changes")

        # A finished job's record is cleaned up: nothing is trained again.
        (trained,) = vertex.jobs("customJobs")
        vertex.call("DELETE", f"/v1/{trained['name']}")
        project.up("--refresh", "--expect-no-changes")
        assert vertex.jobs("customJobs") == []

        # Its model is lost and needed: the advice of the error works as it stands.
        vertex.call("DELETE", f"/storage/v1/b/{BUCKET}/o/train-1%2Fmodel%2Fmodel.joblib")
        vertex.set(max_model_bytes=11)
        told = vertex.fails(*UP)
        assert "train-1/model/model.joblib does not exist (any more)" in told
        found = re.search(r"Train again: `pulumi (up [^`]+)`", told)
        assert found is not None, told
        project.up(*shlex.split(found[1])[1:])
        assert project.stack.outputs() == first
        assert len(vertex.jobs("customJobs")) == 1
        project.up("--expect-no-changes")

        # A missed gate leaves the old model serving.
        vertex.set(training="train-2", minimum=0.95)
        told = vertex.fails(*UP)
        assert "accuracy is 0.9, required is at least 0.95" in told
        assert vertex.answer() == "train-1"
        vertex.set(minimum=0.9)
        project.up()
        assert vertex.answer() == "train-2"
        assert len(vertex.call("GET", f"{PARENT}/endpoints/e2e")["deployedModels"]) == 1

        # A job that fails shows its log, stays in the state, and is started anew once repaired.
        vertex.set(training="train-3", train="import sys; sys.exit('no column species')")
        told = vertex.fails(*UP)
        assert "custom job train-3 failed" in told
        assert "The log ends with" in told
        assert told.count("no column species") >= 2
        assert vertex.answer() == "train-2"
        vertex.set(train=TRAIN)
        project.up()
        assert vertex.answer() == "train-3"

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        assert vertex.jobs("customJobs") == vertex.jobs("hyperparameterTuningJobs") == []
        assert vertex.call("GET", f"{PARENT}/models").get("models", []) == []
        assert vertex.call("GET", f"{PARENT}/endpoints/e2e")["deployedModels"] == []
        vertex.rest.close()
