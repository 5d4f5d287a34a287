"""Cloud Scheduler calls Vertex AI: the off-hours of an endpoint are those of its replicas."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from components.gcp.off_hours import request_body
from tests.sandbox.gcp.google import LOCATION, PARENT, PROJECT, Google
from tests.sandbox.gcp.test_endpoints import MACHINE, _adder
from tests.sandbox.running import eventually

JOBS = f"/v1/{PARENT}/jobs"


class Scheduled:
    """An endpoint that serves, and jobs that change it."""

    def __init__(self, google: Google, vertex: Any) -> None:
        self.google = google
        self.endpoint = vertex.Endpoint.create(display_name="scheduled")
        self.endpoint.deploy(_adder(vertex, "x"), machine_type=MACHINE, max_replica_count=2)
        (self.deployed,) = self.endpoint.list_models()
        self.made: list[str] = []
        account_id = f"hours-{uuid.uuid4().hex[:8]}"
        accounts = f"/v1/projects/{PROJECT}/serviceAccounts"
        self.email = google.call("POST", accounts, {"accountId": account_id})["email"]

    def job(self, schedule: str, least: int, most: int, **more: Any) -> str:
        """The path of a new job, as the project's own component declares it."""
        name = f"{PARENT}/jobs/job-{uuid.uuid4().hex[:8]}"
        uri = f"https://{LOCATION}-aiplatform.googleapis.com/v1/{self.endpoint.resource_name}"
        target = {
            "uri": f"{uri}:mutateDeployedModel",
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": request_body(self.deployed.id, least, most),
            "oauthToken": {"serviceAccountEmail": self.email},
            **more,
        }
        body = {"name": name, "schedule": schedule, "timeZone": "Etc/UTC", "httpTarget": target}
        self.google.call("POST", JOBS, body)
        self.made.append(f"/v1/{name}")
        return f"/v1/{name}"

    def bounds(self) -> tuple[int, int]:
        described = self.google.call("GET", f"/v1/{self.endpoint.resource_name}")
        resources = described["deployedModels"][0]["dedicatedResources"]
        return int(resources["minReplicaCount"]), int(resources["maxReplicaCount"])

    def close(self) -> None:
        for path in self.made:
            self.google.call("DELETE", path)
        self.endpoint.undeploy_all()
        self.endpoint.delete()


@pytest.fixture
def scheduled(google: Google, vertex: Any) -> Iterator[Scheduled]:
    made = Scheduled(google, vertex)
    yield made
    made.close()


def test_a_job_that_is_due_changes_the_replicas_and_one_that_is_not_does_not(
    google: Google, scheduled: Scheduled
) -> None:
    never = scheduled.job("0 0 30 2 *", 1, 5)
    assert scheduled.bounds() == (1, 2)
    every_minute = scheduled.job("* * * * *", 2, 3)
    eventually(lambda: scheduled.bounds() == (2, 3))
    # What is said of a call comes after it.
    eventually(lambda: "lastAttemptTime" in google.call("GET", every_minute))
    assert google.call("GET", every_minute)["status"] == {}
    assert "lastAttemptTime" not in google.call("GET", never)


def test_a_job_runs_when_told_to_and_tells_why_it_could_not(
    google: Google, scheduled: Scheduled
) -> None:
    job = scheduled.job("0 0 30 2 *", 1, 4)
    google.call("POST", f"{job}:run", {})
    eventually(lambda: scheduled.bounds() == (1, 4))

    def status(path: str) -> Any:
        google.call("POST", f"{path}:run", {})
        return eventually(lambda: google.call("GET", path).get("status"))

    stale = request_body("12345", 1, 1)
    assert "12345" in status(scheduled.job("0 0 30 2 *", 1, 1, body=stale))["message"]
    nobody = {"serviceAccountEmail": f"nobody@{PROJECT}.iam.gserviceaccount.com"}
    refused = status(scheduled.job("0 0 30 2 *", 1, 1, oauthToken=nobody))
    assert refused["code"] == 16
    assert "nobody@" in refused["message"]
    assert scheduled.bounds() == (1, 4)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schedule": "0 25 * * *"}, "within 0 and 23"),
        ({"timeZone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"httpTarget": {"uri": "https://example.org/x"}}, "Google's APIs only"),
        ({"httpTarget": {}}, "httpTarget"),
        ({"httpTarget": {"uri": "https://storage.googleapis.com/x", "body": "{}"}}, "base64"),
    ],
)
def test_what_no_job_can_be(google: Google, changes: dict[str, Any], reason: str) -> None:
    body = {
        "name": f"{PARENT}/jobs/refused",
        "schedule": "* * * * *",
        "httpTarget": {"uri": "https://storage.googleapis.com/x", "httpMethod": "GET"},
    }
    refused = google.call("POST", JOBS, {**body, **changes}, status=400)
    assert reason in refused["error"]["message"]
    google.call("GET", f"{JOBS}/refused", status=404)
