"""Storage Transfer Service: from the sandbox's S3 to its Cloud Storage."""

import json
import time

from tests.sandbox.gcp.google import PROJECT, Google
from tests.sandbox.gcp.transfer_route import Route


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
    assert operations[0]["name"] == latest
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
