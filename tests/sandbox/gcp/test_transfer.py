"""Storage Transfer Service: from the sandbox's S3 to its Cloud Storage."""

import json
import time
from typing import Any

import pytest

from tests.sandbox.gcp.google import NUMBER, PROJECT, Google
from tests.sandbox.running import RunningSandbox, eventually

AGENT = f"project-{NUMBER}@storage-transfer-service.iam.gserviceaccount.com"


class Route:
    """A bucket on each side, a role the agent may assume, and the job between them."""

    def __init__(self, google: Google, name: str) -> None:
        self.google, self.name = google, name
        self.s3 = google.sandbox.client("s3")
        self.s3.create_bucket(Bucket=name)
        google.call("POST", "/storage/v1/b", {"name": name, "softDeletePolicy": {
            "retentionDurationSeconds": "0"}})  # fmt: skip
        self.grant()
        self.role = self.make_role()

    def grant(self) -> None:
        binding = {
            "role": "roles/storage.legacyBucketWriter",
            "members": [f"serviceAccount:{AGENT}"],
        }
        self.google.call("PUT", f"/storage/v1/b/{self.name}/iam", {"bindings": [binding]})

    def make_role(self, subject: str | None = None) -> str:
        agent = self.google.call("GET", f"/v1/googleServiceAccounts/{PROJECT}")
        assert agent["accountEmail"] == AGENT
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": "accounts.google.com"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {"accounts.google.com:sub": subject or agent["subjectId"]}
                    },
                }
            ],
        }
        iam = self.google.sandbox.client("iam")
        name = f"{self.name}-{subject or 'role'}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return str(role["Role"]["Arn"])

    def put(self, **objects: bytes) -> None:
        for name, body in objects.items():
            key = f"in/{name.replace('__', '/')}"
            self.s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType="text/plain")

    def job(self, status: int = 200, **spec: Any) -> Any:
        source = {"bucketName": self.name, "path": "in/", "roleArn": self.role}
        source |= spec.pop("source", {})
        sink = {"bucketName": self.name, "path": "out/"}
        transfer = {"awsS3DataSource": source, "gcsDataSink": sink, **spec}
        body = {"projectId": PROJECT, "status": "ENABLED", "transferSpec": transfer}
        return self.google.call("POST", "/v1/transferJobs", body, status=status)

    def run(self, job: Any) -> Any:
        operation = self.google.call("POST", f"/v1/{job['name']}:run", {"projectId": PROJECT})
        return self.finished(operation)

    def finished(self, operation: Any) -> Any:
        def ended() -> Any:
            found = self.google.call("GET", f"/v1/{operation['name']}")
            return found if found["done"] else None

        return eventually(ended)

    def sink(self) -> dict[str, bytes]:
        url = f"/storage/v1/b/{self.name}/o"
        items = self.google.call("GET", url).get("items", [])
        return {item["name"]: self.google.rest.get(item["mediaLink"]).content for item in items}


def test_objects_are_copied_once_and_again_when_they_change(google: Google) -> None:
    route = Route(google, "copied")
    route.put(a=b"1", b__c=b"22")
    job = route.job()
    operation = route.run(job)
    assert operation["metadata"]["status"] == "SUCCESS"
    counters = operation["metadata"]["counters"]
    assert counters["objectsCopiedToSink"] == "2"
    assert counters["bytesCopiedToSink"] == "3"
    assert route.sink() == {"out/a": b"1", "out/b/c": b"22"}

    route.put(a=b"3")
    counters = route.run(job)["metadata"]["counters"]
    assert counters["objectsCopiedToSink"] == "1"
    assert counters["objectsFromSourceSkippedBySync"] == "1"
    assert route.sink()["out/a"] == b"3"
    latest = google.call("GET", f"/v1/{job['name']}?projectId={PROJECT}")["latestOperationName"]
    chosen = json.dumps({"projectId": PROJECT, "jobNames": [job["name"]]})
    operations = google.call("GET", f"/v1/transferOperations?filter={chosen}")["operations"]
    assert [item["name"] for item in operations][0] == latest
    assert len(operations) == 2


def test_conditions_overwriting_and_deleting_are_respected(google: Google) -> None:
    route = Route(google, "conditions-kept")
    route.put(take__a=b"new", take__b=b"b", leave=b"x")
    upload = "/upload/storage/v1/b/conditions-kept/o?uploadType=media&name=out/take/"
    google.rest.post(upload + "a", content=b"old")
    google.rest.post(upload + "only-here", content=b"old")
    operation = route.run(
        route.job(
            objectConditions={"includePrefixes": ["take/"]},
            transferOptions={"overwriteWhen": "NEVER", "deleteObjectsUniqueInSink": True},
        )
    )
    assert operation["metadata"]["counters"]["objectsDeletedFromSink"] == "1"
    assert route.sink() == {"out/take/a": b"old", "out/take/b": b"b"}


def test_a_source_can_be_emptied_by_its_transfer(google: Google) -> None:
    route = Route(google, "moved")
    route.put(a=b"1")
    route.run(route.job(transferOptions={"deleteObjectsFromSourceAfterTransfer": True}))
    assert route.sink() == {"out/a": b"1"}
    assert "Contents" not in route.s3.list_objects_v2(Bucket="moved")


def test_keys_are_refused(google: Google) -> None:
    route = Route(google, "no-keys")
    source = {"awsAccessKey": {"accessKeyId": "A", "secretAccessKey": "S"}}
    answer = route.job(400, source=source)
    assert "roleArn" in answer["error"]["message"]


def test_the_agent_needs_the_sink_and_the_roles_trust(google: Google) -> None:
    route = Route(google, "trusted")
    route.put(a=b"1")
    google.call("PUT", "/storage/v1/b/trusted/iam", {"bindings": []})
    answer = route.job(400)
    assert "storage.objects.create" in answer["error"]["message"]
    route.grant()
    other = route.make_role("999")
    operation = route.run(route.job(source={"roleArn": other}))
    assert operation["metadata"]["status"] == "FAILED"
    assert "Unable to assume role" in operation["error"]["message"]
    assert route.sink() == {}


def test_only_one_operation_of_a_job_is_active_and_it_can_be_paused_and_cancelled(
    google: Google,
) -> None:
    route = Route(google, "paused")
    route.put(**{f"object{number}": b"x" for number in range(300)})
    job = route.job()
    path = f"/v1/{job['name']}:run"
    operation = google.call("POST", path, {"projectId": PROJECT})
    google.call("POST", f"/v1/{operation['name']}:pause", {})
    answer = google.call("POST", path, {"projectId": PROJECT}, status=400)
    assert "active operation" in answer["error"]["message"]
    time.sleep(0.5)
    held = len(route.sink())
    time.sleep(0.5)
    assert len(route.sink()) == held < 300
    google.call("POST", f"/v1/{operation['name']}:resume", {})
    assert route.finished(operation)["metadata"]["status"] == "SUCCESS"
    assert len(route.sink()) == 300
    google.call("POST", f"/v1/{operation['name']}:cancel", {}, status=400)


def test_a_transfer_goes_on_after_a_restart(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    google = Google(own_sandbox)
    route = Route(google, "resumed")
    route.put(**{f"object{number}": b"x" for number in range(200)})
    operation = google.call("POST", f"/v1/{route.job()['name']}:run", {"projectId": PROJECT})
    google.close()
    own_sandbox.stop()
    own_sandbox.start()
    route.google = Google(own_sandbox)
    operation = route.finished(operation)
    assert operation["metadata"]["status"] == "SUCCESS", operation
    assert len(route.sink()) == 200
    route.google.close()
