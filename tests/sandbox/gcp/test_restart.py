"""What a stop of the sandbox interrupts, and what is there again after the next start."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.gcp.google import PARENT, PROJECT, Google
from tests.sandbox.gcp.transfer_route import Route
from tests.sandbox.running import RunningSandbox, eventually

IMAGES = {
    "gcr.io/my-project/my-serving-image": "serving_image",
    "gcr.io/my-project/my-training-image": "training_image",
}
POOL = {
    "machineSpec": {"machineType": "n1-standard-4"},
    "replicaCount": "1",
    "containerSpec": {
        "imageUri": "gcr.io/my-project/my-training-image",
        "command": ["python", "-c", "import time; time.sleep(600)"],
    },
}


def _predicted(google: Google, path: str) -> Any:
    answer = google.rest.post(path, json={"instances": [[1, 2]]})
    return answer.json() if answer.status_code == 200 else None


def _deploy(google: Google) -> str:
    container = {"imageUri": "gcr.io/my-project/my-serving-image"}
    model = {"displayName": "adder", "containerSpec": container}
    upload = google.call("POST", f"/v1/{PARENT}/models:upload", {"model": model})
    made = google.done(google.call("POST", f"/v1/{PARENT}/endpoints", {"displayName": "e"}))
    resources = {"machineSpec": {"machineType": "n1-standard-2"}, "minReplicaCount": 1}
    deployed = {"model": google.done(upload)["model"], "dedicatedResources": resources}
    body = {"deployedModel": deployed, "trafficSplit": {"0": 100}}
    google.done(google.call("POST", f"/v1/{made['name']}:deployModel", body))
    return f"/v1/{made['name']}:predict"


def test_state_survives_and_work_goes_on(
    own_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = ",".join(f"{name}={Path(__file__).parent / path}" for name, path in IMAGES.items())
    monkeypatch.setenv("SANDBOX_IMAGES", images)
    own_sandbox.start()
    google = Google(own_sandbox)
    google.call("POST", "/storage/v1/b", {"name": "restarted"})
    google.call("POST", "/upload/storage/v1/b/restarted/o?uploadType=media&name=kept", {"a": 1})
    begun = google.rest.post(
        "/upload/storage/v1/b/restarted/o?uploadType=resumable&name=large", json={}
    )
    session = begun.headers["location"]
    part = {"content-range": "bytes 0-2/6"}
    assert httpx.put(session, content=b"abc", headers=part).headers["range"] == "bytes=0-2"
    predict = _deploy(google)
    job = {"displayName": "long", "jobSpec": {"workerPoolSpecs": [POOL]}}
    long = google.call("POST", f"/v1/{PARENT}/customJobs", job)["name"]
    route = Route(google, "resumed")
    route.put(**{f"object{number}": b"x" for number in range(200)})
    operation = google.call("POST", f"/v1/{route.job()['name']}:run", {"projectId": PROJECT})
    google.close()
    own_sandbox.stop()
    own_sandbox.start()

    asked = httpx.put(session, headers={"content-range": "bytes */6"})
    assert (asked.status_code, asked.headers["range"]) == (308, "bytes=0-2")
    rest = httpx.put(session, content=b"def", headers={"content-range": "bytes 3-5/6"})
    assert rest.json()["size"] == "6"
    google = route.google = Google(own_sandbox)
    try:
        media = "/storage/v1/b/restarted/o/{}?alt=media"
        assert google.rest.get(media.format("large")).content == b"abcdef"
        assert google.rest.get(media.format("kept")).json() == {"a": 1}
        stopped = google.call("GET", f"/v1/{long}")
        assert stopped["state"] == "JOB_STATE_FAILED"
        assert "sandbox was stopped" in stopped["error"]["message"]
        operation = route.finished(operation)
        assert operation["metadata"]["status"] == "SUCCESS", operation
        assert len(route.sink()) == 200
        answer = eventually(lambda: _predicted(google, predict))
        assert answer["predictions"] == [{"who": "", "sum": 3}]
    finally:
        google.close()
