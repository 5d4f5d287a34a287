"""The pre-flight of Azure on the sandbox, whose refusals say the same."""

import uuid

import pytest

from components.azure.runs.cloud import call
from components.azure.runs.errors import ApiError
from sandbox.azure.environment import TENANT
from tests.sandbox.running import RunningSandbox
from tests.sandbox.runs.azure_place import REGION, AzurePlace
from tests.unit.tools.doctor.cases import case, only, planned, state_with, statuses
from tools.doctor.azure import identity, names, providers, quotas, vaults
from tools.doctor.case import Case
from tools.doctor.finding import Status

ACCOUNT = "azure-native:storage:StorageAccount"
VAULT = "azure-native:keyvault:Vault"
SIZE = "Standard_F4s_v2"
FAMILY = "standardFSv2Family"


@pytest.fixture
def subscription() -> str:
    """One of the test's own: any GUID is one."""
    return str(uuid.uuid4())


def limit(subscription: str, name: str, value: int) -> None:
    """Sets a quota as its owner does."""
    path = (
        f"/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/"
        f"{REGION}/providers/Microsoft.Quota/quotas/{name}"
    )
    properties = {"limit": {"limitObjectType": "LimitValue", "value": value}}
    answer = call("PUT", path, body={"properties": properties}, query={"api-version": "2023-02-01"})
    assert answer["properties"]["limit"]["value"] == value


def in_region(subscription: str, **changes: object) -> Case:
    """A stack of the test's subscription."""
    base = {"azure.subscription_id": subscription, "azure.region": REGION}
    return case({**base, **{key.replace("__", "."): value for key, value in changes.items()}})


def test_the_subscription_is_compared_with_the_settings(reached: RunningSandbox) -> None:
    assert statuses([*identity.check(case())]) == {"OK"}
    other = "99999999-7777-4888-8999-aaaaaaaaaaaa"
    (found,) = identity.check(case({"azure.tenant_id": other}))
    assert found.status is Status.FAIL
    assert f"azure.tenant_id' {TENANT}" in found.remedy


def test_a_provider_that_is_not_registered_fails_and_its_resources_are_refused(
    reached: RunningSandbox, subscription: str
) -> None:
    plan = [planned(VAULT, "azure"), planned("azure-native:consumption:Budget", "azure")]
    wanted = case({"azure.subscription_id": subscription}, plan=plan)
    (found,) = providers.check(wanted)
    assert (found.status, found.thing) == (
        Status.OK,
        "registered and in eastus: Consumption, KeyVault",
    )
    base = f"/subscriptions/{subscription}/providers/Microsoft.KeyVault"
    call("POST", f"{base}/unregister", query={"api-version": "2021-04-01"})
    found = only([*providers.check(wanted)], Status.FAIL)
    assert f"az provider register --namespace Microsoft.KeyVault --subscription {subscription}" in (
        found.remedy
    )
    group = f"/subscriptions/{subscription}/resourceGroups/doctor"
    call("PUT", group, body={"location": REGION}, query={"api-version": "2024-03-01"})
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/doctor"
    with pytest.raises(ApiError, match=r"not registered to use .*KeyVault"):
        call("PUT", vault, body={}, query={"api-version": "2024-11-01"})
    call("POST", f"{base}/register", query={"api-version": "2021-04-01"})
    assert statuses([*providers.check(wanted)]) == {"OK"}
    elsewhere = case({"azure.subscription_id": subscription, "azure.region": "moonbase"}, plan=plan)
    assert "is not in moonbase" in only([*providers.check(elsewhere)], Status.FAIL).thing


def test_cores_of_cluster_and_endpoint_count_together(
    reached: RunningSandbox, subscription: str
) -> None:
    wanted = in_region(
        subscription, azure__training__machine_type=SIZE, azure__serving__machine_type=SIZE
    )
    assert statuses([*quotas.check(wanted)]) == {"OK"}
    # One node, and two machines for one instance: the second is for upgrades.
    limit(subscription, FAMILY, 11)
    found = only([*quotas.check(wanted)], Status.FAIL)
    assert f"{FAMILY}: 12 wanted, the limit is 11" in found.thing
    assert f"az quota update --resource-name {FAMILY}" in found.remedy
    limit(subscription, FAMILY, 12)
    assert "enough for `up` (12 of 12)" in only([*quotas.check(wanted)], Status.WARN).thing
    spot = in_region(
        subscription,
        azure__training__machine_type=SIZE,
        azure__training__spot=True,
        azure__serving__targets=["container"],
    )
    limit(subscription, "TotalLowPriorityCores", 3)
    assert "TotalLowPriorityCores: 4 wanted" in only([*quotas.check(spot)], Status.FAIL).thing


def test_beyond_the_quota_clusters_and_deployments_are_refused(
    reached: RunningSandbox, subscription: str
) -> None:
    place = AzurePlace(subscription, f"doctor{uuid.uuid4().hex[:8]}")
    place.open_workspace(TENANT)
    limit(subscription, FAMILY, 3)
    cluster = {
        "location": REGION,
        "properties": {
            "computeType": "AmlCompute",
            "properties": {"vmSize": SIZE, "scaleSettings": {"maxNodeCount": 2}},
        },
    }
    with pytest.raises(ApiError, match=f"{FAMILY} vCPU quota of 3 .* maps to 4 vCPUs"):
        call("PUT", f"{place.workspace}/computes/small", body=cluster)
    limit(subscription, FAMILY, 4)
    place.put(f"{place.workspace}/computes/small", cluster)
    endpoint = f"{place.workspace}/onlineEndpoints/doctor"
    body = {
        "location": REGION,
        "identity": {"type": "SystemAssigned"},
        "properties": {"authMode": "Key"},
    }
    place.put(endpoint, body)
    deployment = {
        "location": REGION,
        "sku": {"name": "Default", "capacity": 1},
        "properties": {
            "endpointComputeType": "Managed",
            "instanceType": SIZE,
            "environmentId": f"{place.workspace}/environments/sklearn/versions/1",
        },
    }
    with pytest.raises(ApiError, match=r"usage/limit: 0/4.* needed: 8"):
        call("PUT", f"{endpoint}/deployments/blue", body=deployment)


def test_a_name_that_somebody_has_fails_and_the_stacks_own_does_not(
    reached: RunningSandbox, subscription: str
) -> None:
    name = f"doctor{uuid.uuid4().hex[:8]}"
    plan = [planned(ACCOUNT, "azure", accountName=name)]
    assert statuses([*names.check(case(plan=plan))]) == {"OK"}
    AzurePlace(subscription, name)
    found = only([*names.check(case(plan=plan))], Status.FAIL)
    assert "already taken" in found.thing
    own = state_with(ACCOUNT, "/an/id", accountName=name)
    assert statuses([*names.check(case(plan=plan, state=own))]) == {"OK"}
    assert statuses([*names.check(case(plan=plan, problem="not signed in"))]) == {"WARN"}


def test_a_deleted_vault_is_in_the_way_of_a_new_one_with_its_name_only(
    reached: RunningSandbox, subscription: str
) -> None:
    name = f"doctor{uuid.uuid4().hex[:8]}"
    group = f"/subscriptions/{subscription}/resourceGroups/{name}"
    query = {"api-version": "2024-11-01"}
    call("PUT", group, body={"location": REGION}, query={"api-version": "2024-03-01"})
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/{name}"
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}
    tags = {"stack": "local"}
    call(
        "PUT", vault, body={"location": REGION, "properties": properties, "tags": tags}, query=query
    )
    call("DELETE", vault, query=query)
    try:
        given = case(plan=[planned(VAULT, "azure", vaultName=name)])
        found = only([*vaults.check(given)], Status.FAIL)
        assert f"az keyvault purge --name {name}" in found.remedy
        made_up = planned(VAULT, "azure", vaultName=name, __defaults=["vaultName"])
        (found,) = vaults.check(case(plan=[made_up]))
        assert found.status is Status.OK
        assert not found.thing.startswith("0 ")
    finally:
        base = f"/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{REGION}"
        call("POST", f"{base}/deletedVaults/{name}/purge", query=query)
