"""APIs that record: what they answer, refuse and remember."""

import base64
from typing import Any

import pytest

from tests.sandbox.gcp.google import LOCATION, NUMBER, PARENT, PROJECT, Google

RING = f"{PARENT}/keyRings"
NETWORKS = f"/compute/v1/projects/{PROJECT}/global/networks"

# Path of the collection, query of the creation, body, and the id a client then asks for.
COLLECTIONS = [
    (f"/v1/{RING}", "keyRingId=ring-one", {}, "ring-one"),
    (f"/v1/projects/{PROJECT}/serviceAccounts", "", {"accountId": "train-job"},
     f"train-job@{PROJECT}.iam.gserviceaccount.com"),
    (f"/v1/projects/{PROJECT}/roles", "", {"roleId": "lake.reader", "role": {"title": "r"}},
     "lake.reader"),
    (f"/v2/projects/{PROJECT}/sinks", "",
     {"name": "audit", "destination": "storage.googleapis.com/logs"}, "audit"),
    (f"/v2/projects/{PROJECT}/metrics", "", {"name": "errors", "filter": "severity>=ERROR"},
     "errors"),
    (f"/v1/{PARENT}/repositories", "repositoryId=images", {"format": "DOCKER"}, "images"),
    (f"/v1/projects/{PROJECT}/locations/global/workloadIdentityPools",
     "workloadIdentityPoolId=ci-pool", {}, "ci-pool"),
]  # fmt: skip
GENERATED = [
    (f"/v3/projects/{PROJECT}/notificationChannels",
     {"type": "email", "labels": {"email_address": "a@example.org"}}),
    (f"/v3/projects/{PROJECT}/alertPolicies",
     {"displayName": "p", "combiner": "OR", "conditions": [{"displayName": "c"}]}),
    (f"/v1/projects/{PROJECT}/dashboards", {"displayName": "d", "gridLayout": {}}),
    ("/v1/billingAccounts/000-111/budgets", {"amount": {"lastPeriodAmount": {}}}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "body", "name"), COLLECTIONS, ids=[c[3] for c in COLLECTIONS]
)
def test_a_named_resource_is_made_once_found_and_missing_elsewhere(
    google: Google, path: str, query: str, body: dict[str, Any], name: str
) -> None:
    google.call("GET", f"{path}/{name}", status=404)
    google.call("POST", f"{path}?{query}", body)
    again = google.call("POST", f"{path}?{query}", body, status=409)
    assert again["error"]["status"] == "ALREADY_EXISTS"
    found = google.call("GET", f"{path}/{name}")
    assert found["name"].endswith(name)
    listed = next(value for value in google.call("GET", path).values() if isinstance(value, list))
    assert found in listed


@pytest.mark.parametrize(("path", "body"), GENERATED, ids=[c[0].split("/")[-1] for c in GENERATED])
def test_a_resource_with_a_name_of_the_services_can_be_changed_and_deleted(
    google: Google, path: str, body: dict[str, Any]
) -> None:
    version = path.split("/")[1]
    made = google.call("POST", path, body)
    changed = google.call(
        "PATCH", f"/{version}/{made['name']}?updateMask=displayName", {**body, "displayName": "new"}
    )
    assert changed["displayName"] == "new"
    assert google.call("GET", f"/{version}/{made['name']}") == changed
    google.call("DELETE", f"/{version}/{made['name']}")
    google.call("GET", f"/{version}/{made['name']}", status=404)


def test_keys_encrypt_and_old_versions_still_decrypt(google: Google) -> None:
    google.call("POST", f"/v1/{RING}?keyRingId=crypt", {})
    keys = f"/v1/{RING}/crypt/cryptoKeys"
    google.call("POST", f"{keys}?cryptoKeyId=data", {"purpose": "ENCRYPT_DECRYPT"})
    text, context = base64.b64encode(b"secret").decode(), base64.b64encode(b"row 1").decode()
    body = {"plaintext": text, "additionalAuthenticatedData": context}
    sealed = google.call("POST", f"{keys}/data:encrypt", body)["ciphertext"]
    version = google.call("POST", f"{keys}/data/cryptoKeyVersions", {})
    google.call("POST", f"{keys}/data:updatePrimaryVersion", {"cryptoKeyVersionId": "2"})
    assert google.call("GET", f"{keys}/data")["primary"]["name"] == version["name"]

    body = {"ciphertext": sealed, "additionalAuthenticatedData": context}
    opened = google.call("POST", f"{keys}/data:decrypt", body)
    assert base64.b64decode(opened["plaintext"]) == b"secret"
    google.call("POST", f"{keys}/data:decrypt", {"ciphertext": sealed}, status=400)
    google.call("POST", f"{keys}/data/cryptoKeyVersions/1:destroy", {})
    google.call("POST", f"{keys}/data:decrypt", body, status=400)


def test_rings_and_keys_cannot_be_deleted(google: Google) -> None:
    google.call("POST", f"/v1/{RING}?keyRingId=forever", {})
    keys = f"/v1/{RING}/forever/cryptoKeys"
    google.call("POST", f"{keys}?cryptoKeyId=key", {"purpose": "ENCRYPT_DECRYPT"})
    for path in (f"{keys}/key", f"/v1/{RING}/forever"):
        answer = google.call("DELETE", path, status=501)
        assert "cannot be deleted" in answer["error"]["message"]
        google.call("GET", path)


def test_a_rotation_shorter_than_a_day_is_refused(google: Google) -> None:
    google.call("POST", f"/v1/{RING}?keyRingId=rotating", {})
    body = {
        "purpose": "ENCRYPT_DECRYPT",
        "rotationPeriod": "3600s",
        "nextRotationTime": "2030-01-01T00:00:00Z",
    }
    keys = f"/v1/{RING}/rotating/cryptoKeys"
    google.call("POST", f"{keys}?cryptoKeyId=key", body, status=400)
    google.call("POST", f"{keys}?cryptoKeyId=key", {**body, "rotationPeriod": "7776000s"})
    mask = "updateMask=purpose"
    google.call("PATCH", f"{keys}/key?{mask}", {"purpose": "MAC"}, status=400)


def test_a_policy_names_only_accounts_there_are(google: Google) -> None:
    email = f"binding-target@{PROJECT}.iam.gserviceaccount.com"
    binding = {"role": "roles/storage.objectViewer", "members": [f"serviceAccount:{email}"]}
    path = f"/v1/projects/{PROJECT}:setIamPolicy"
    body = {"policy": {"bindings": [binding]}}
    answer = google.call("POST", path, body, status=400)
    assert f"{email} does not exist" in answer["error"]["message"]
    accounts = f"/v1/projects/{PROJECT}/serviceAccounts"
    google.call("POST", accounts, {"accountId": "binding-target"})
    set_now = google.call("POST", path, body)
    assert google.call("POST", f"/v1/projects/{PROJECT}:getIamPolicy") == set_now
    stale = {"policy": {"bindings": [], "etag": "c3RhbGU="}}
    google.call("POST", path, stale, status=409)
    google.call("POST", path, {"policy": {"etag": set_now["etag"], "bindings": []}})


def test_services_are_enabled_by_an_operation_and_have_agents(google: Google) -> None:
    base = f"/v1/projects/{PROJECT}/services"
    assert google.call("GET", f"{base}/aiplatform.googleapis.com")["state"] == "DISABLED"
    operation = google.call("POST", f"{base}/aiplatform.googleapis.com:enable", {})
    assert google.done(operation)["service"]["state"] == "ENABLED"
    assert google.call("GET", f"/v1/{operation['name']}")["done"]
    names = [item["config"]["name"] for item in google.call("GET", base)["services"]]
    assert "aiplatform.googleapis.com" in names
    identity = google.call(
        "POST",
        f"/v1beta1/projects/{PROJECT}/services/aiplatform.googleapis.com:generateServiceIdentity",
    )
    email = f"service-{NUMBER}@gcp-sa-aiplatform.iam.gserviceaccount.com"
    assert google.done(identity)["email"] == email


def test_a_deleted_pool_keeps_its_name_and_can_come_back(google: Google) -> None:
    base = f"/v1/projects/{PROJECT}/locations/global/workloadIdentityPools"
    google.call("POST", f"{base}?workloadIdentityPoolId=returns", {})
    provider = {"oidc": {"issuerUri": "https://token.example"}}
    path = f"{base}/returns/providers?workloadIdentityPoolProviderId=actions"
    google.call("POST", path, provider, status=400)
    provider["attributeMapping"] = {"google.subject": "assertion.sub"}
    google.done(google.call("POST", path, provider))
    operation = google.call("DELETE", f"{base}/returns")
    assert google.call("GET", f"/v1/{operation['name']}")["response"]["state"] == "DELETED"
    google.call("POST", f"{base}?workloadIdentityPoolId=returns", {}, status=409)
    google.call("POST", f"{base}/returns:undelete")
    assert google.call("GET", f"{base}/returns")["state"] == "ACTIVE"


def test_networks_go_after_what_uses_them(google: Google) -> None:
    google.call("POST", NETWORKS, {"name": "private", "autoCreateSubnetworks": False})
    network = google.call("GET", f"{NETWORKS}/private")
    subnets = f"/compute/v1/projects/{PROJECT}/regions/{LOCATION}/subnetworks"
    subnet = {"name": "jobs", "network": network["selfLink"], "ipCidrRange": "10.0.0.0/20"}
    operation = google.call("POST", subnets, subnet)
    assert operation["status"] == "DONE"
    regional = f"/compute/v1/projects/{PROJECT}/regions/{LOCATION}/operations/{operation['name']}"
    assert google.call("GET", regional)["targetLink"].endswith("/subnetworks/jobs")
    answer = google.call("DELETE", f"{NETWORKS}/private", status=400)
    assert answer["error"]["errors"][0]["reason"] == "resourceInUseByAnotherResource"
    google.call("DELETE", f"{subnets}/jobs")
    google.call("DELETE", f"{NETWORKS}/private")
    google.call("GET", f"{NETWORKS}/private", status=404)


def test_an_absence_longer_than_the_clouds_limit_is_refused(google: Google) -> None:
    condition = {"displayName": "idle", "conditionAbsent": {"duration": "86400s"}}
    policy = {"displayName": "idle", "combiner": "OR", "conditions": [condition]}
    path = f"/v3/projects/{PROJECT}/alertPolicies"
    google.call("POST", path, policy, status=400)
    condition["conditionAbsent"] = {"duration": "84600s"}
    google.call("POST", path, policy)


def test_what_is_not_supported_says_so(google: Google) -> None:
    answer = google.call("POST", f"/v1/projects/{PROJECT}/secrets", {}, status=501)
    assert f"POST /v1/projects/{PROJECT}/secrets" in answer["error"]["message"]
