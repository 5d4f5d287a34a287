"""Custom jobs through google-cloud-aiplatform: their processes really run."""

import io
import json
import tarfile
from typing import Any

import pytest
from google.api_core import exceptions

from tests.sandbox.gcp.google import NUMBER, PARENT, Google
from tests.sandbox.running import eventually

IMAGE = "gcr.io/my-project/my-training-image"
PREBUILT = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest"
JOBS = f"/v1/{PARENT}/customJobs"


def _pool(code: str, *, replicas: int = 1, **container: Any) -> dict[str, Any]:
    return {
        "machineSpec": {"machineType": "n1-standard-4"},
        "replicaCount": str(replicas),
        "containerSpec": {"imageUri": IMAGE, "command": ["python", "-c", code], **container},
    }


def _start(google: Google, *pools: dict[str, Any], **spec: Any) -> str:
    body = {"displayName": "test", "jobSpec": {"workerPoolSpecs": list(pools), **spec}}
    return str(google.call("POST", JOBS, body)["name"])


def _end(google: Google, name: str) -> Any:
    def ended() -> Any:
        job = google.call("GET", f"/v1/{name}")
        return job if "endTime" in job else None

    return eventually(ended)


def test_a_package_is_fetched_run_and_can_leave_a_model(google: Google, vertex: Any) -> None:
    bucket = google.storage().create_bucket("package-job")
    code = (
        "import os, sys\n"
        "from google.cloud import storage\n"
        "from trainer import helper\n"
        "bucket, _, prefix = os.environ['AIP_MODEL_DIR'][5:].partition('/')\n"
        "blob = storage.Client().bucket(bucket).blob(prefix + 'model.txt')\n"
        "blob.upload_from_string(helper.text(sys.argv[1:]))\n"
    )
    files = {
        "trainer/__init__.py": "",
        "trainer/task.py": code,
        "trainer/helper.py": "def text(words): return ' '.join(words)",
        "setup.py": "raise SystemExit('not run')",
    }
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"trainer-0.1/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    bucket.blob("dist/trainer-0.1.tar.gz").upload_from_string(archive.getvalue())
    spec = {
        "machine_spec": {"machine_type": "n1-standard-4"},
        "replica_count": 1,
        "python_package_spec": {
            "executor_image_uri": PREBUILT,
            "package_uris": ["gs://package-job/dist/trainer-0.1.tar.gz"],
            "python_module": "trainer.task",
            "args": ["--epochs", "10"],
        },
    }
    job = vertex.CustomJob(
        display_name="package",
        worker_pool_specs=[spec],
        base_output_dir="gs://package-job/runs/1",
        staging_bucket="gs://package-job",
    )
    job.run()
    assert job.resource_name.startswith(f"projects/{NUMBER}/locations/us-central1/customJobs/")
    assert bucket.blob("runs/1/model/model.txt").download_as_bytes() == b"--epochs 10"
    assert [
        item.display_name for item in vertex.CustomJob.list(filter='display_name="package"')
    ] == ["package"]
    job.delete()
    with pytest.raises(exceptions.NotFound):
        vertex.CustomJob.get(job.resource_name)


def test_replicas_know_each_other(google: Google) -> None:
    code = "import os; print(os.environ['CLUSTER_SPEC'])"
    name = _start(google, _pool(code), _pool(code, replicas=2))
    assert _end(google, name)["state"] == "JOB_STATE_SUCCEEDED"
    specs = [json.loads(line) for line in google.log(name.rsplit("/", 1)[-1])]
    tasks = sorted((item["task"]["type"], item["task"]["index"]) for item in specs)
    assert tasks == [("workerpool0", 0), ("workerpool1", 0), ("workerpool1", 1)]
    clusters = [item["cluster"] for item in specs]
    assert clusters[0] == clusters[1] == clusters[2]
    hosts = [host for pool in clusters[0].values() for host in pool]
    assert len(set(hosts)) == 3
    assert all(host.startswith("127.") for host in hosts)


def test_the_environment_is_the_jobs_own(google: Google) -> None:
    code = "import os, json; print(json.dumps(dict(os.environ)))"
    pool = _pool(code, env=[{"name": "MINE", "value": "yes"}])
    output = {"outputUriPrefix": "gs://some-bucket/base"}
    name = _start(google, pool, baseOutputDirectory=output)
    assert _end(google, name)["state"] == "JOB_STATE_SUCCEEDED"
    (line,) = google.log(name.rsplit("/", 1)[-1])
    found = json.loads(line)
    assert found["MINE"] == "yes"
    assert found["AIP_CHECKPOINT_DIR"] == "gs://some-bucket/base/checkpoints/"
    assert found["AIP_TENSORBOARD_LOG_DIR"] == "gs://some-bucket/base/logs/"
    assert found["CLOUD_ML_PROJECT_ID"] == NUMBER
    assert found["STORAGE_EMULATOR_HOST"] == google.url
    assert not [key for key in found if key.startswith(("AWS_", "SANDBOX_", "PYTEST_"))]


def test_a_failure_tells_the_end_of_the_log(google: Google, vertex: Any) -> None:
    container = {
        "image_uri": IMAGE,
        "command": ["python", "-c", "import sys; sys.exit('no such column: species')"],
    }
    pool = {
        "machine_spec": {"machine_type": "n1-standard-4"},
        "replica_count": 1,
        "container_spec": container,
    }
    job = vertex.CustomJob(
        display_name="fails", worker_pool_specs=[pool], staging_bucket="gs://unused"
    )
    with pytest.raises(RuntimeError, match="workerpool0-0 exited with a non-zero status of 1") as e:
        job.run()
    assert "no such column: species" in str(e.value)
    shown = google.sandbox.command("logs", job.name)
    assert "no such column: species" in shown.stdout


def test_an_image_that_cannot_run_fails_with_those_that_can(google: Google) -> None:
    name = _start(google, _pool("pass", imageUri="docker.io/other/image:1"))
    job = _end(google, name)
    assert job["state"] == "JOB_STATE_FAILED"
    assert "docker.io/other/image:1" in job["error"]["message"]
    assert "sklearn-cpu" in job["error"]["message"]


def test_a_job_can_be_cancelled_and_is_deleted_only_after_its_end(google: Google) -> None:
    name = _start(google, _pool("import time; time.sleep(600)"))
    eventually(lambda: google.call("GET", f"/v1/{name}")["state"] == "JOB_STATE_RUNNING")
    google.call("DELETE", f"/v1/{name}", status=400)
    google.call("POST", f"/v1/{name}:cancel", {})
    assert _end(google, name)["state"] == "JOB_STATE_CANCELLED"
    google.done(google.call("DELETE", f"/v1/{name}"))
    google.call("GET", f"/v1/{name}", status=404)


def test_a_job_ends_at_its_timeout(google: Google) -> None:
    pool = _pool("import time; time.sleep(600)")
    job = _end(google, _start(google, pool, scheduling={"timeout": "1s"}))
    assert (job["state"], job["error"]["code"]) == ("JOB_STATE_FAILED", 4)


def test_a_preempted_spot_job_starts_again(google: Google) -> None:
    code = "import time; print('begun', flush=True); time.sleep(1.5)"
    pool = _pool(code, env=[{"name": "SANDBOX_SPOT_INTERRUPT_AFTER", "value": "0.8"}])
    name = _start(google, pool, scheduling={"strategy": "SPOT"})
    assert _end(google, name)["state"] == "JOB_STATE_SUCCEEDED"
    assert google.log(name.rsplit("/", 1)[-1]).count("begun") == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"machineSpec": {"machineType": "n1-standard-4", "acceleratorType": "TPU_V2",
                          "acceleratorCount": 8}}, "cloud-tpu"),
        ({"replicaCount": "2"}, "replica_count must be 1"),
        ({"containerSpec": {}}, "image_uri is required"),
        ({"pythonPackageSpec": {"pythonModule": "x"}}, "exactly one of"),
    ],
    ids=["TPU on n1", "two chiefs", "no image", "two kinds"],
)  # fmt: skip
def test_what_the_cloud_refuses_is_refused(
    google: Google, change: dict[str, Any], reason: str
) -> None:
    body = {"displayName": "x", "jobSpec": {"workerPoolSpecs": [{**_pool("pass"), **change}]}}
    answer = google.call("POST", JOBS, body, status=400)
    assert reason in answer["error"]["message"]
