"""Buckets through google-cloud-storage."""

import time

import pytest
from google.api_core import exceptions

from tests.sandbox.gcp.google import PROJECT, Google


def test_settings_of_a_bucket_are_kept_and_changed_one_by_one(google: Google) -> None:
    client = google.storage()
    bucket = client.bucket("settings-kept")
    bucket.labels = {"stack": "local", "old": "yes"}
    bucket.versioning_enabled = True
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.iam_configuration.public_access_prevention = "enforced"
    client.create_bucket(bucket, location="europe-west4")

    bucket = client.get_bucket("settings-kept")
    bucket.add_lifecycle_delete_rule(age=30)
    bucket.labels = {"stack": "local"}
    bucket.soft_delete_policy.retention_duration_seconds = 0
    bucket.patch()

    found = google.storage().get_bucket("settings-kept")
    assert found.location == "EUROPE-WEST4"
    assert found.location_type == "region"
    assert found.labels == {"stack": "local"}
    assert found.versioning_enabled
    assert [dict(rule) for rule in found.lifecycle_rules] == [
        {"action": {"type": "Delete"}, "condition": {"age": 30}}
    ]
    assert found.iam_configuration.public_access_prevention == "enforced"
    assert found.soft_delete_policy.retention_duration_seconds == 0
    assert found.metageneration == 2
    assert "settings-kept" in [item.name for item in client.list_buckets()]


def test_a_name_that_is_taken_and_a_bucket_that_is_not_empty_are_conflicts(google: Google) -> None:
    client = google.storage()
    bucket = client.create_bucket("taken-name")
    with pytest.raises(exceptions.Conflict):
        client.create_bucket("taken-name")
    bucket.blob("object").upload_from_string("x")
    with pytest.raises(exceptions.Conflict, match="not empty"):
        bucket.delete()
    bucket.delete(force=True)
    with pytest.raises(exceptions.NotFound):
        client.get_bucket("taken-name")
    client.create_bucket("taken-name")


@pytest.mark.parametrize("name", ["UPPER", "a", "goog-mine", "two..dots"])
def test_a_name_the_cloud_does_not_allow_is_refused(google: Google, name: str) -> None:
    body = {"name": name}
    answer = google.call("POST", f"/storage/v1/b?project={PROJECT}", body, status=400)
    assert answer["error"]["errors"][0]["reason"] == "invalid"


def test_a_setting_that_does_not_exist_is_refused(google: Google) -> None:
    body = {"name": "unknown-setting", "versionning": {"enabled": True}}
    answer = google.call("POST", f"/storage/v1/b?project={PROJECT}", body, status=400)
    assert "versionning" in answer["error"]["message"]


def test_the_location_cannot_change(google: Google) -> None:
    google.storage().create_bucket("stays-here", location="us-central1")
    google.call("PATCH", "/storage/v1/b/stays-here", {"location": "EU"}, status=400)
    google.call("PATCH", "/storage/v1/b/stays-here", {"location": "us-central1"})


def test_a_locked_retention_policy_protects_objects_and_itself(google: Google) -> None:
    client = google.storage()
    bucket = client.bucket("locked-logs")
    bucket.retention_period = 1
    bucket = client.create_bucket(bucket)
    blob = bucket.blob("log")
    blob.upload_from_string("line")
    with pytest.raises(exceptions.Forbidden, match="retention policy"):
        blob.delete()
    with pytest.raises(exceptions.Forbidden, match="retention policy"):
        bucket.blob("log").upload_from_string("other")
    bucket.lock_retention_policy()
    bucket.retention_period = None
    with pytest.raises(exceptions.Forbidden, match="locked"):
        bucket.patch()
    time.sleep(1.1)
    blob.delete()
    client.get_bucket("locked-logs").delete()


def test_a_policy_is_replaced_only_by_who_read_the_last_one(google: Google) -> None:
    bucket = google.storage().create_bucket("with-policy")
    first, second = bucket.get_iam_policy(), bucket.get_iam_policy()
    member = "serviceAccount:service-1@gcp-sa-logging.iam.gserviceaccount.com"
    first.bindings.append({"role": "roles/storage.objectCreator", "members": {member}})
    bucket.set_iam_policy(first)
    assert first.bindings[-1] in bucket.get_iam_policy().bindings
    second.bindings.append({"role": "roles/storage.admin", "members": {member}})
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.set_iam_policy(second)
    assert bucket.test_iam_permissions(["storage.objects.get"]) == ["storage.objects.get"]


def test_public_access_prevention_refuses_everybody(google: Google) -> None:
    client = google.storage()
    bucket = client.bucket("never-public")
    bucket.iam_configuration.public_access_prevention = "enforced"
    client.create_bucket(bucket)
    policy = bucket.get_iam_policy()
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"allUsers"}})
    with pytest.raises(exceptions.PreconditionFailed, match="public access prevention"):
        bucket.set_iam_policy(policy)


def test_a_key_works_once_it_is_granted_to_the_service_agent(google: Google) -> None:
    ring = f"projects/{PROJECT}/locations/us/keyRings/for-storage"
    google.call("POST", f"/v1/{ring.rpartition('/')[0]}?keyRingId=for-storage", {})
    google.call(
        "POST", f"/v1/{ring}/cryptoKeys?cryptoKeyId=objects", {"purpose": "ENCRYPT_DECRYPT"}
    )
    client = google.storage()
    bucket = client.bucket("with-own-key")
    bucket.default_kms_key_name = f"{ring}/cryptoKeys/objects"
    with pytest.raises(exceptions.Forbidden, match="Cloud KMS key"):
        client.create_bucket(bucket, location="US")

    member = f"serviceAccount:{client.get_service_account_email()}"
    role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    policy = {"policy": {"bindings": [{"role": role, "members": [member]}]}}
    google.call("POST", f"/v1/{ring}/cryptoKeys/objects:setIamPolicy", policy)
    client.create_bucket(bucket, location="US")
    bucket.blob("secret").upload_from_string("x")
    assert bucket.get_blob("secret").kms_key_name == (
        f"{ring}/cryptoKeys/objects/cryptoKeyVersions/1"
    )
