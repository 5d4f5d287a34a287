"""What Resource Manager does for resources of every type."""

import httpx
import pytest

from sandbox.azure.environment import SUBSCRIPTION, TENANT
from tests.sandbox.azure.manager import SCOPE, Manager, code

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"


def test_a_resource_is_new_once_and_then_the_same(manager: Manager) -> None:
    path = f"{manager.group('arm-new')}/{IDENTITIES}/id-new"
    first = manager.send("PUT", path, {"location": "West Europe", "tags": {"a": "b"}})
    assert first.status_code == 201
    made = first.json()
    assert made["location"] == "westeurope"
    assert made["systemData"]["createdAt"]
    again = manager.send("PUT", path, {"location": "westeurope"})
    assert again.status_code == 200
    assert again.json()["properties"] == made["properties"]
    assert "tags" not in again.json()
    patched = manager.send("PATCH", path, {"tags": {"c": "d"}})
    assert patched.json()["tags"] == {"c": "d"}
    assert manager.send("HEAD", path).status_code == 204
    listed = manager.send("GET", path.rpartition("/")[0]).json()["value"]
    assert [item["name"] for item in listed] == ["id-new"]
    everywhere = manager.send("GET", f"{SCOPE}/providers/{IDENTITIES}").json()["value"]
    assert made["id"] in {item["id"] for item in everywhere}
    assert manager.send("DELETE", path).status_code == 200
    assert manager.send("DELETE", path).status_code == 204
    assert code(manager.send("GET", path)) == (404, "ResourceNotFound")


def test_ids_mean_the_same_in_any_case(manager: Manager) -> None:
    place = manager.group("arm-case")
    made = manager.put(f"{place}/{IDENTITIES}/Id-Case", location="westeurope")
    lowered = manager.send("GET", f"{place}/{IDENTITIES}/id-case".lower())
    assert lowered.json()["id"] == made["id"]
    assert made["id"].endswith("/userAssignedIdentities/Id-Case")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/resourceGroups/arm-none/providers/{IDENTITIES}/x-1", (404, "ResourceGroupNotFound")),
        (
            f"/resourceGroups/arm-bad/providers/{IDENTITIES}/none/federatedIdentityCredentials/ccc",
            (404, "ParentResourceNotFound"),
        ),
        ("/resourceGroups/arm-bad/providers/Microsoft.None/x/y", (404, "InvalidResourceNamespace")),
        ("/resourceGroups/arm-bad/providers/Microsoft.Portal/x/y", (404, "InvalidResourceType")),
        (
            "/resourceGroups/arm-bad/providers/Microsoft.Storage/storageAccounts/Bad_Name",
            (400, "AccountNameInvalid"),
        ),
    ],
)
def test_a_place_that_is_none_is_refused(
    manager: Manager, path: str, expected: tuple[int, str]
) -> None:
    manager.group("arm-bad")
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    assert code(manager.send("PUT", f"{SCOPE}{path}", body)) == expected


def test_what_lacks_something_is_refused_by_name(manager: Manager) -> None:
    path = f"{manager.group('arm-lack')}/{IDENTITIES}/id-1"
    assert code(manager.send("PUT", path, {})) == (400, "LocationRequired")
    nowhere = manager.send("PUT", path, {"location": "mars"})
    assert code(nowhere) == (400, "LocationNotAvailableForResourceType")
    missing = manager.send("PUT", path, {"location": "westeurope"}, version=None)
    assert code(missing) == (400, "MissingApiVersionParameter")
    wrong = manager.send("PUT", path, {"location": "westeurope"}, version="newest")
    assert code(wrong) == (400, "InvalidApiVersionParameter")
    manager.put(path, location="westeurope")
    moved = manager.send("PUT", path, {"location": "eastus"})
    assert code(moved) == (409, "InvalidResourceLocation")
    malformed = manager.send("GET", "/subscriptions/not-a-guid/resourceGroups")
    assert code(malformed) == (400, "InvalidSubscriptionId")


def test_tokens_are_checked(manager: Manager) -> None:
    path = f"{SCOPE}/resourceGroups"
    nobody = manager.send("GET", path, token="")
    assert code(nobody) == (401, "AuthenticationFailed")
    assert nobody.headers["www-authenticate"].startswith("Bearer authorization_uri=")
    storage = manager.token("https://storage.azure.com")
    assert code(manager.send("GET", path, token=storage)) == (
        401,
        "InvalidAuthenticationTokenAudience",
    )
    right = manager.token("https://management.azure.com")
    assert manager.send("GET", path, token=right).status_code == 200
    forged = f"{right[:-4]}AAAA"
    assert code(manager.send("GET", path, token=forged)) == (401, "InvalidAuthenticationToken")


def test_an_identity_gets_tokens_of_its_own(manager: Manager) -> None:
    path = f"{manager.group('arm-identity')}/{IDENTITIES}/id-own"
    made = manager.put(path, location="westeurope")["properties"]
    token = manager.token("https://management.azure.com", client_id=made["clientId"])
    group = manager.send("PUT", f"{path}-2", {"location": "westeurope"}, token=token).json()
    assert group["systemData"]["createdBy"] == made["principalId"]
    endpoint = manager.environment["IDENTITY_ENDPOINT"]
    query = {"resource": "x", "api-version": "2019-08-01", "client_id": "nobody"}
    header = {"X-IDENTITY-HEADER": manager.environment["IDENTITY_HEADER"]}
    assert httpx.get(endpoint, params=query, headers=header).status_code == 400
    assert httpx.get(endpoint, params=query).status_code == 401


def test_long_work_is_told_by_an_operation(manager: Manager) -> None:
    place = manager.group("arm-long")
    path = f"{place}/Microsoft.OperationalInsights/workspaces/arm-long"
    begun = manager.send("PUT", path, {"location": "westeurope", "properties": {}})
    assert begun.status_code == 201
    assert begun.json()["properties"]["provisioningState"] == "Creating"
    assert int(begun.headers["retry-after"]) >= 1
    assert manager.done(begun)["status"] == "Succeeded"
    assert manager.send("GET", path).json()["properties"]["provisioningState"] == "Succeeded"
    gone = manager.send("DELETE", path)
    assert gone.status_code == 202
    assert manager.done(gone)["status"] == "Succeeded"
    assert manager.send("GET", gone.headers["location"], version=None).status_code == 204
    unauthorised = manager.send("GET", gone.headers["location"], version=None, token="")
    assert unauthorised.status_code == 401


def test_a_group_goes_with_all_that_is_in_it(manager: Manager) -> None:
    place = manager.group("arm-group")
    identity = manager.put(f"{place}/{IDENTITIES}/id-1", location="westeurope")
    credential = {"issuer": "https://i", "subject": "s", "audiences": ["a"]}
    manager.put(f"{identity['id']}/federatedIdentityCredentials/ccc", properties=credential)
    gone = manager.send("DELETE", f"{SCOPE}/resourceGroups/arm-group")
    assert gone.status_code == 202
    assert manager.done(gone)["status"] == "Succeeded"
    assert code(manager.send("GET", identity["id"])) == (404, "ResourceGroupNotFound")
    manager.group("arm-group")
    assert manager.send("GET", f"{place}/{IDENTITIES}").json()["value"] == []


def test_a_role_is_assigned_once(manager: Manager) -> None:
    identity = manager.put(f"{manager.group('arm-role')}/{IDENTITIES}/id-1", location="westeurope")
    scope = f"{SCOPE}/resourceGroups/arm-role"
    role = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    properties = {
        "principalId": identity["properties"]["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}",
    }
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    one, other = f"{role[:-1]}2", f"{role[:-1]}3"
    body = {"properties": properties}
    assert manager.send("PUT", f"{path}/{one}", body).status_code == 201
    assert manager.send("PUT", f"{path}/{one}", body).status_code == 200
    assert code(manager.send("PUT", f"{path}/{other}", body)) == (409, "RoleAssignmentExists")
    changed = {"properties": {**properties, "principalId": one}}
    refused = manager.send("PUT", f"{path}/{one}", changed)
    assert code(refused) == (400, "RoleAssignmentUpdateNotPermitted")
    inherited = manager.send("GET", f"{identity['id']}/providers/{path.split('/providers/')[1]}")
    assert [item["name"] for item in inherited.json()["value"]] == [one]


def test_the_cloud_says_where_it_is(manager: Manager) -> None:
    found = manager.send("GET", "/metadata/endpoints", version="2022-09-01", token="").json()
    address = manager.environment["ARM_METADATA_HOSTNAME"]
    assert found["resourceManager"] == f"https://{address}/"
    assert found["authentication"]["tenant"] == TENANT
    older = manager.send("GET", "/metadata/endpoints", version="2019-05-01", token="").json()
    assert older[0]["resourceManager"] == f"https://{address}/"
    told = manager.send("GET", SCOPE).json()
    assert told["subscriptionId"] == SUBSCRIPTION
