"""GCP's handlers on the sandbox: small jobs that need no image of the user's, and their records."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from components.gcp.runs.cloud import ApiError, call, forget_session, is_missing
from plugin.handler import Handler
from plugin.provider import Context
from tests.sandbox.running import RunningSandbox, eventually

PROJECT, REGION, BUCKET = "trimaran-local", "us-central1", "gcp-small-runs"
IMAGE = "gcr.io/my-project/my-training-image"
UNDER_WAY = ("JOB_STATE_PENDING", "JOB_STATE_RUNNING")

# A job that writes a model of one byte where Vertex AI tells it to.
MODEL = """
import os, sys, time
from google.cloud import storage
bucket, _, prefix = os.environ["AIP_MODEL_DIR"][5:].partition("/")
storage.Client().bucket(bucket).blob(prefix + "model.joblib").upload_from_string(b"m")
"""
# A trial whose metric is its learning rate, which must not be above 0.05.
TRIAL = """
import sys, time, hypertune
values = dict(word.lstrip("-").split("=") for word in sys.argv[1:])
rate = float(values["learning_rate"])
time.sleep(float(values.get("seconds", 0)))
if rate > float(values.get("most", 0.05)):
    sys.exit("the learning rate is too high")
hypertune.HyperTune().report_hyperparameter_tuning_metric("accuracy", rate, 1)
"""


@dataclass
class GcpRuns:
    """What the tests ask of the cloud beside the handlers."""

    sandbox: RunningSandbox
    storage: Any
    regions: list[str] = field(default_factory=list)

    def spec(self, code: str, *args: str, name: str = "", **pool: Any) -> dict[str, Any]:
        """A CustomJobSpec that runs ``code``."""
        container = {"imageUri": IMAGE, "command": ["python", "-c", code], "args": list(args)}
        first = {"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1, **pool}
        spec: dict[str, Any] = {
            "workerPoolSpecs": [{**first, "containerSpec": container}],
            "scheduling": {"timeout": "120s"},
        }
        if name:
            spec["baseOutputDirectory"] = {"outputUriPrefix": f"gs://{BUCKET}/{name}"}
        return spec

    def custom(self, name: str, code: str = MODEL, *args: str, **changes: Any) -> dict[str, Any]:
        """Inputs of a custom job that leaves a model."""
        return {
            "project": PROJECT,
            "region": REGION,
            "name": name,
            "spec": self.spec(code, *args, name=name),
            "modelFile": "model.joblib",
            "maxModelBytes": 10,
            **changes,
        }

    def tuning(
        self, name: str, *args: str, rates: tuple[float, ...] = (0.001, 0.01, 0.1), **changes: Any
    ) -> dict[str, Any]:
        """Inputs of a grid search over learning rates."""
        return {
            "project": PROJECT,
            "region": REGION,
            "name": name,
            "studySpec": {
                "metrics": [{"metricId": "accuracy", "goal": "MAXIMIZE"}],
                "algorithm": "GRID_SEARCH",
                "parameters": [
                    {"parameterId": "learning_rate", "discreteValueSpec": {"values": list(rates)}}
                ],
            },
            "trialJobSpec": self.spec(TRIAL, *args, name=name),
            "maxTrialCount": len(rates),
            "parallelTrialCount": 2,
            "maxFailedTrialCount": 0,
            **changes,
        }

    def records(self, kind: str, name: str, region: str = REGION) -> list[dict[str, Any]]:
        """The jobs of a display name."""
        path = f"/v1/projects/{PROJECT}/locations/{region}/{kind}"
        answer = call("aiplatform", "GET", path, region=region, query={"pageSize": "1000"})
        return [job for job in answer.get(kind, []) if job["displayName"] == name]

    def record(self, name: str) -> dict[str, Any] | None:
        """One job by its resource name."""
        try:
            return call("aiplatform", "GET", f"/v1/{name}", region=REGION)
        except ApiError as error:
            if is_missing(error):
                return None
            raise

    def act(self, name: str, verb: str) -> None:
        """``cancel`` or ``delete``, as somebody else would."""
        if verb == "delete":
            call("aiplatform", "DELETE", f"/v1/{name}", region=REGION)
        else:
            call("aiplatform", "POST", f"/v1/{name}:{verb}", region=REGION, body={})

    def ended(self, name: str) -> dict[str, Any]:
        """The job's record once it has ended."""

        def look() -> Any:
            job = self.record(name)
            return job if job is not None and "endTime" in job else None

        found: dict[str, Any] = eventually(look, timeout=120)
        return found

    def processes(self, mark: str) -> list[str]:
        """Processes of the sandbox whose command line holds ``mark``."""
        return [line for line in self.sandbox.processes() if mark in line]


@dataclass
class Waiting:
    """A creation that runs in a thread, to be interrupted as Ctrl-C does."""

    handler: Handler
    inputs: dict[str, Any]
    cancelled: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    outcome: Any = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._create)
        self._thread.start()

    def _create(self) -> None:
        try:
            context = Context(name="waiting", cancelled=self.cancelled)
            self.outcome = self.handler.create(context, self.inputs)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.error = error

    def interrupt_when(self, reached: Callable[[], Any]) -> BaseException:
        """Interrupts once ``reached``; the error that the creation ended with."""
        try:
            eventually(lambda: reached() or not self._thread.is_alive(), timeout=120)
        finally:
            self.cancelled.set()
            self._thread.join(60)
        assert not self._thread.is_alive()
        assert self.error is not None, self.outcome
        return self.error


@pytest.fixture(scope="module")
def _bucket(sandbox: RunningSandbox) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        client = import_module("google.cloud.storage").Client(project=PROJECT)
        if client.lookup_bucket(BUCKET) is None:
            bucket = client.bucket(BUCKET)
            bucket.soft_delete_policy.retention_duration_seconds = 0
            client.create_bucket(bucket)
        yield client
        client.close()


@pytest.fixture
def gcp_runs(
    no_real_cloud: None, sandbox: RunningSandbox, _bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GcpRuns]:
    """The shared sandbox's GCP, which the handlers reach: use names of your own in it."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    forget_session()
    yield GcpRuns(sandbox, _bucket)
    forget_session()
