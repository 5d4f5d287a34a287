"""What particular tokens do: the rules of the cloud, and what the real provider adds to them."""

import threading
from typing import Any

import pytest

from plugin import UNKNOWN
from plugin.values import ASSET_SIGNATURE, SIGNATURE_KEY
from sandbox.gcp.plugin.cloud import Cloud, GoogleError
from tests.sandbox.gcp_plugin.cases import REGION, alert, asset, bucket
from tests.sandbox.gcp_plugin.world import PROJECT, World
from tests.sandbox.plugin.stub import Engine, Live, OperationFailedError

BUCKET = "gcp:storage/bucket:Bucket"
OBJECT = "gcp:storage/bucketObject:BucketObject"
KEY = "gcp:kms/cryptoKey:CryptoKey"
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (BUCKET, {"name": "plugin-twice", "location": REGION}),
        ("gcp:serviceaccount/account:Account", {"accountId": "plugin-twice"}),
        ("gcp:logging/projectSink:ProjectSink", {
            "name": "plugin-twice", "destination": "storage.googleapis.com/b"}),
        ("gcp:compute/network:Network", {"name": "plugin-twice"}),
        ("gcp:vertex/aiEndpoint:AiEndpoint", {
            "name": "222", "displayName": "d", "location": REGION}),
    ],
)  # fmt: skip
def test_a_name_that_is_taken_is_refused(
    engine: Engine, token: str, inputs: dict[str, Any]
) -> None:
    made = engine.create(token, "one", inputs)
    with pytest.raises(OperationFailedError, match="Error 409"):
        engine.create(token, "two", inputs)
    engine.delete(made)


def test_a_destroyed_key_loses_its_versions_and_keeps_its_name(
    engine: Engine, google: Cloud, world: World
) -> None:
    inputs = {"keyRing": world.ring, "name": "plugin-gone", "rotationPeriod": "86400s"}
    made = engine.create(KEY, "k", inputs)
    google.call("POST", f"/v1/{made.id}/cryptoKeyVersions", body={})
    engine.delete(made)
    versions = google.call("GET", f"/v1/{made.id}/cryptoKeyVersions")["cryptoKeyVersions"]
    assert [item["state"] for item in versions] == ["DESTROY_SCHEDULED"] * 2
    assert "rotationPeriod" not in google.call("GET", f"/v1/{made.id}")
    with pytest.raises(OperationFailedError, match="Error 409"):
        engine.create(KEY, "k", inputs)


def test_a_rotation_taken_away_stops(engine: Engine, google: Cloud, world: World) -> None:
    name = {"keyRing": world.ring, "name": "plugin-rotation"}
    made = engine.create(KEY, "k", {**name, "rotationPeriod": "86400s"})
    assert "nextRotationTime" in google.call("GET", f"/v1/{made.id}")
    engine.update(made, name)
    assert "nextRotationTime" not in google.call("GET", f"/v1/{made.id}")


def test_a_bucket_with_objects_is_only_deleted_when_forced(
    engine: Engine, google: Cloud, world: World
) -> None:
    inputs = {"name": "plugin-full", "location": REGION, "versioning": {"enabled": True}}
    made = engine.create(BUCKET, "b", inputs)
    for text in ("one", "two"):
        item = engine.create(OBJECT, "o", {"bucket": made.id, "name": "a/b c", "content": text})
        assert item.outputs["md5hash"]
    with pytest.raises(Exception, match="Error 409"):
        engine.delete(made)
    forced = engine.update(made, {**inputs, "forceDestroy": True})
    engine.delete(forced)
    assert engine.read(forced) is None


def test_changed_content_is_uploaded_over_the_old(
    engine: Engine, google: Cloud, world: World
) -> None:
    inputs = {"bucket": world.bucket, "name": "content", "source": asset("one")}
    made = engine.create(OBJECT, "o", inputs)
    changed = {**inputs, "source": asset("two")}
    preview = engine.update(made, changed, preview=True)
    assert preview.outputs["generation"] is UNKNOWN
    updated = engine.update(made, changed)
    assert updated.outputs["generation"] > made.outputs["generation"]
    path = f"/storage/v1/b/{world.bucket}/o/content"
    assert google.call("GET", path)["md5Hash"] == updated.outputs["md5hash"]
    held = engine.update(updated, {**changed, "temporaryHold": True})
    assert held.outputs["generation"] == updated.outputs["generation"]
    with pytest.raises(Exception, match="hold"):
        engine.delete(held)
    engine.delete(engine.update(held, {**changed, "temporaryHold": False}))


def test_an_object_of_a_relative_asset_needs_its_file(engine: Engine, world: World) -> None:
    source = {SIGNATURE_KEY: ASSET_SIGNATURE, "path": "no"}
    with pytest.raises(OperationFailedError, match="not in the directory of the program"):
        engine.create(OBJECT, "o", {"bucket": world.bucket, "name": "x", "source": source})


def test_a_locked_retention_policy_cannot_be_taken_back(engine: Engine, world: World) -> None:
    policy = {"retentionPeriod": "60", "isLocked": True}
    inputs = {"name": "plugin-locked", "location": REGION, "retentionPolicy": policy}
    made = engine.create(BUCKET, "b", inputs)
    assert made.outputs["retentionPolicy"]["isLocked"] is True
    longer = {**inputs, "retentionPolicy": {"retentionPeriod": "120", "isLocked": True}}
    made = engine.update(made, longer)
    assert made.outputs["retentionPolicy"]["retentionPeriod"] == "120"
    unlocked = {**inputs, "retentionPolicy": {"retentionPeriod": "120"}}
    checked = engine.check(BUCKET, "b", unlocked, made.inputs)
    assert any(
        path.startswith("retentionPolicy") for path in engine.diff(made, checked.inputs).replaces
    )
    engine.delete(made)


def test_settings_taken_away_from_a_bucket_are_gone(
    engine: Engine, google: Cloud, world: World
) -> None:
    made = engine.create(BUCKET, "b", {**bucket(world), "name": "plugin-settings"})
    left = {"location": REGION, "name": "plugin-settings", "uniformBucketLevelAccess": True}
    engine.update(made, left)
    found = google.call("GET", "/storage/v1/b/plugin-settings")
    assert not {"encryption", "cors"} & set(found)
    assert not (found.get("lifecycle") or {}).get("rule")
    engine.delete(made)


def test_a_key_that_the_agent_may_not_use_is_refused(engine: Engine, world: World) -> None:
    made = engine.create(KEY, "k", {"keyRing": world.ring, "name": "plugin-alone"})
    inputs = {"location": REGION, "encryption": {"defaultKmsKeyName": made.id}}
    with pytest.raises(OperationFailedError, match="Permission denied on Cloud KMS key"):
        engine.create(BUCKET, "b", inputs)


def test_members_granted_at_once_are_all_there(engine: Engine, google: Cloud, world: World) -> None:
    members = [f"user:u{number}@example.com" for number in range(12)]
    made: list[Live] = []

    def grant(member: str) -> None:
        inputs = {"bucket": world.other_bucket, "role": "roles/storage.objectViewer"}
        made.append(engine.create(MEMBER, member, {**inputs, "member": member}))

    threads = [threading.Thread(target=grant, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    path = f"/storage/v1/b/{world.other_bucket}/iam"

    def holders() -> set[str]:
        bindings = google.call("GET", path)["bindings"]
        role = "roles/storage.objectViewer"
        return {member for one in bindings if one["role"] == role for member in one["members"]}

    assert holders() == set(members)
    engine.delete(made[0])
    assert holders() == set(members) - {made[0].inputs["member"]}
    for one in made[1:]:
        engine.delete(one)
    assert holders() == set()


def test_a_member_revoked_by_others_is_gone(engine: Engine, google: Cloud) -> None:
    inputs = {"project": PROJECT, "role": "roles/editor", "member": "user:Big@example.com"}
    made = engine.create("gcp:projects/iAMMember:IAMMember", "m", inputs)
    assert made.id == f"{PROJECT}/roles/editor/user:big@example.com"
    found = engine.read(made)
    assert found is not None
    assert found.inputs == made.inputs
    policy: dict[str, Any] = {"policy": {"bindings": []}}
    google.call("POST", f"/v1/projects/{PROJECT}:setIamPolicy", body=policy)
    assert engine.read(made) is None


def test_a_member_without_condition_is_imported(engine: Engine, world: World) -> None:
    inputs = {"bucket": world.bucket, "role": "roles/viewer", "member": "user:a@example.com"}
    made = engine.create(MEMBER, "m", inputs)
    for text in (f"b/{world.bucket} roles/viewer user:a@example.com", made.id):
        found = engine.load(MEMBER, "m", text)
        assert found is not None
        assert {key: found.inputs[key] for key in inputs} == inputs
    engine.delete(made)


@pytest.mark.parametrize("policy", ["PREVENT", "ABANDON"])
def test_a_deletion_policy_keeps_the_resource(engine: Engine, policy: str) -> None:
    name = f"plugin-{policy.lower()}"
    inputs = {"name": name, "location": REGION, "deletionPolicy": policy}
    made = engine.create(BUCKET, "b", inputs)
    if policy == "PREVENT":
        with pytest.raises(Exception, match="cannot destroy Bucket"):
            engine.delete(made)
    else:
        engine.delete(made)
    assert engine.read(made) is not None
    engine.delete(engine.update(made, {**inputs, "deletionPolicy": "DELETE"}))
    assert engine.read(made) is None


def test_automatic_names_are_those_of_the_real_provider(engine: Engine) -> None:
    name = engine.check(BUCKET, "raw", {"location": REGION}).inputs["name"]
    assert name[:-7] == "raw-"
    account = engine.check("gcp:serviceaccount/account:Account", "x" * 23, {})
    assert [where for where, _ in account.failures][:1] == ["accountId"]
    assert "longer than 30" in account.failures[0][1]
    network = engine.check("gcp:compute/network:Network", "Main", {}).inputs["name"]
    assert network.startswith("main-")


def test_a_service_stays_on_unless_said_otherwise(engine: Engine, google: Cloud) -> None:
    token = "gcp:projects/service:Service"
    path = f"/v1/projects/{PROJECT}/services/pubsub.googleapis.com"
    made = engine.create(token, "s", {"service": "pubsub.googleapis.com"})
    engine.delete(made)
    assert google.call("GET", path)["state"] == "ENABLED"
    engine.delete(
        engine.update(made, {"service": "pubsub.googleapis.com", "disableOnDestroy": True})
    )
    assert google.call("GET", path)["state"] == "DISABLED"


def test_a_subnetwork_grows_in_place_and_shrinks_by_replacement(
    engine: Engine, world: World
) -> None:
    token = "gcp:compute/subnetwork:Subnetwork"
    inputs = {"network": world.network, "ipCidrRange": "10.9.0.0/20"}
    made = engine.create(token, "s", inputs)
    assert made.outputs["region"] == REGION

    def replaces(text: str) -> list[str]:
        wanted = engine.check(token, "s", {**inputs, "ipCidrRange": text}, made.inputs)
        return engine.diff(made, wanted.inputs).replaces

    assert replaces("10.9.0.0/19") == []
    assert replaces("10.9.0.0/24") == ["ipCidrRange"]
    engine.delete(made)


def test_a_network_in_use_cannot_be_deleted(engine: Engine) -> None:
    network = engine.create("gcp:compute/network:Network", "n", {"autoCreateSubnetworks": False})
    inputs = {"network": network.id, "ipCidrRange": "10.1.0.0/24"}
    subnetwork = engine.create("gcp:compute/subnetwork:Subnetwork", "s", inputs)
    with pytest.raises(Exception, match="already being used"):
        engine.delete(network)
    engine.delete(subnetwork)
    engine.delete(network)


def test_a_resource_deleted_by_others_is_gone(engine: Engine, google: Cloud) -> None:
    made = engine.create("gcp:serviceaccount/account:Account", "a", {"accountId": "plugin-away"})
    google.call("DELETE", f"/v1/{made.id}")
    assert engine.read(made) is None
    engine.delete(made)


def test_a_conditions_change_by_others_is_seen(engine: Engine, google: Cloud, world: World) -> None:
    made = engine.create("gcp:monitoring/alertPolicy:AlertPolicy", "a", alert(world))
    policy = google.call("GET", f"/v3/{made.id}")
    policy["conditions"][0]["conditionThreshold"]["thresholdValue"] = 9.0
    google.call("PATCH", f"/v3/{made.id}", query={"updateMask": "conditions"}, body=policy)
    found = engine.read(made)
    assert found is not None
    again = engine.check(made.token, "a", alert(world), found.inputs)
    assert engine.diff(found, again.inputs).diffs == ["conditions"]
    engine.delete(made)


def test_secret_labels_of_a_channel_are_not_told_back(engine: Engine, google: Cloud) -> None:
    inputs = {
        "type": "slack",
        "labels": {"channel_name": "#ml"},
        "sensitiveLabels": {"authToken": "hidden"},
    }
    made = engine.create("gcp:monitoring/notificationChannel:NotificationChannel", "c", inputs)
    assert google.call("GET", f"/v3/{made.id}")["labels"]["auth_token"] == "hidden"
    found = engine.read(made)
    assert found is not None
    assert found.inputs == made.inputs
    assert found.outputs["labels"] == {"channel_name": "#ml"}
    engine.delete(made)


def test_an_absence_is_told_after_a_day_at_most(engine: Engine, world: World) -> None:
    policy = alert(world)
    policy["conditions"][1]["conditionAbsent"]["duration"] = "604800s"
    failures = engine.check("gcp:monitoring/alertPolicy:AlertPolicy", "a", policy).failures
    assert failures[0][0] == "conditions[1].conditionAbsent.duration"
    assert "23.5 hours" in failures[0][1]


def test_traffic_changed_by_a_deployment_is_told(engine: Engine, google: Cloud) -> None:
    token = "gcp:vertex/aiEndpoint:AiEndpoint"
    inputs = {"name": "333", "displayName": "d", "location": REGION}
    made = engine.create(token, "e", inputs)
    assert made.outputs["deployedModels"] == []
    found = engine.read(made)
    assert found is not None
    assert "trafficSplit" not in found.inputs
    moved = engine.check(token, "e", {**inputs, "region": REGION}, made.inputs)
    assert not engine.diff(made, moved.inputs).changed
    failures = engine.check(token, "e", {**inputs, "trafficSplit": '{"1": 50}'}).failures
    assert failures == [("trafficSplit", "the percentages must add up to 100, not 50")]
    engine.delete(made)


def test_a_transfer_without_rights_is_refused(engine: Engine, world: World) -> None:
    spec = {
        "awsS3DataSource": {"bucketName": "raw", "roleArn": "arn:aws:iam::123456789012:role/x"},
        "gcsDataSink": {"bucketName": world.bucket},
    }
    inputs = {"description": "d", "transferSpec": spec}
    with pytest.raises(OperationFailedError, match="FAILED_PRECONDITION"):
        engine.create("gcp:storage/transferJob:TransferJob", "t", inputs)


def test_an_unreachable_cloud_is_an_error_that_says_what_was_tried() -> None:
    from plugin import Context
    from plugin.handler import ResourceFailedError
    from sandbox.gcp.plugin.kms.key_ring import KeyRing

    inputs = {"name": "r", "location": "x", "project": "p"}
    with pytest.raises(ResourceFailedError, match="creating KeyRing 'r'"):
        KeyRing("http://127.0.0.1:9").create(Context(name="r"), inputs)


def test_an_error_has_the_clouds_words(google: Cloud) -> None:
    with pytest.raises(GoogleError) as caught:
        google.call("GET", "/storage/v1/b/no-such-bucket-here")
    assert caught.value.status == 404
    assert str(caught.value).startswith("googleapi: Error 404: ")


def test_a_replacement_with_an_automatic_name_is_made_first(engine: Engine) -> None:
    made = engine.create("gcp:compute/network:Network", "auto", {"description": "a"})
    wanted = engine.check(made.token, "auto", {"description": "b"}, made.inputs)
    difference = engine.diff(made, wanted.inputs)
    assert difference.replaces == ["description"]
    assert not difference.delete_before_replace
    engine.delete(made)


def test_nobody_makes_an_enforced_bucket_public(engine: Engine) -> None:
    inputs = {"location": REGION, "publicAccessPrevention": "enforced"}
    made = engine.create(BUCKET, "closed", inputs)
    everyone = {"bucket": made.id, "role": "roles/storage.objectViewer", "member": "allUsers"}
    with pytest.raises(OperationFailedError, match="public access prevention"):
        engine.create(MEMBER, "m", everyone)
    engine.delete(made)
