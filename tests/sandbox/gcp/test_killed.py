"""What is put in order at a start after the sandbox was killed; served inside the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.errors import StateError
from sandbox.gcp.server import GcpServer
from sandbox.jobs import JobRunner
from sandbox.state import StateDirectory

PARENT = "projects/123456789012/locations/us-central1"


@contextmanager
def _server(state: StateDirectory) -> Iterator[GcpServer]:
    state.prepare()
    jobs = JobRunner(state.jobs)
    server = GcpServer(state, 0, jobs=jobs, aws_url="http://127.0.0.1:9")
    try:
        yield server
    finally:
        server.halt()
        jobs.stop()
        server.stop()


def test_jobs_trials_and_deployments_under_way_are_ended(tmp_path: Path) -> None:
    tuning, endpoint = f"{PARENT}/hyperparameterTuningJobs/1", f"{PARENT}/endpoints/1"
    operation = f"{endpoint}/operations/5"
    with _server(StateDirectory(tmp_path)) as server:
        store = server.context.store
        record: dict[str, object]
        trials = [{"id": "1", "state": "SUCCEEDED"}, {"id": "2", "state": "ACTIVE"}]
        record = {"name": tuning, "state": "JOB_STATE_RUNNING", "trials": trials}
        store.put("vertex hyperparameterTuningJobs", tuning, record)
        record = {"name": endpoint, "deployedModels": [], "_deploying": ["7"], "trafficSplit": {}}
        store.put("vertex endpoints", endpoint, record)
        store.put("operations", "5", {"name": operation, "done": False})
        server.start()
        with httpx.Client(base_url=server.context.url) as client:
            job = client.get(f"/v1/{tuning}").json()
            assert job["state"] == "JOB_STATE_FAILED"
            assert [trial["state"] for trial in job["trials"]] == ["SUCCEEDED", "INFEASIBLE"]
            assert client.get(f"/v1/{operation}").json()["error"]["code"] == 10
            assert client.delete(f"/v1/{endpoint}").json()["done"]


def test_bodies_nobody_refers_to_are_deleted(tmp_path: Path) -> None:
    with _server(StateDirectory(tmp_path)) as server:
        bodies = server.context.objects.bodies
        bodies.write([b"half of an upload"])
        bucket = {"name": "b", "storageClass": "STANDARD"}
        kept = server.context.objects.insert(bucket, "kept", {}, bodies.write([b"x"]))
        server.start()
        files = [path.name for path in (tmp_path / "gcp" / "objects").rglob("*") if path.is_file()]
        assert files == [kept.body]


def test_a_damaged_store_is_told_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "gcp").mkdir(parents=True)
    (tmp_path / "gcp" / "state.db").write_bytes(b"not a database" * 100)
    with (
        pytest.raises(StateError, match=r"state\.db.*sandbox reset"),
        _server(StateDirectory(tmp_path)),
    ):
        pass
