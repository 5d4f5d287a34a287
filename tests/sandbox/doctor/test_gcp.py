"""The pre-flight of GCP on the sandbox, whose refusals say the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.gcp.runs.cloud import ApiError, call
from tests.sandbox.running import RunningSandbox
from tests.unit.tools.doctor.cases import case, only, planned, state_with, statuses
from tools.doctor.finding import Status
from tools.doctor.gcp import agents, apis, billing, identity, names, quotas

PROJECT = "trimaran-local"
REGION = "asia-east2"  # of no other test
METRICS = (
    f"/v1beta1/projects/{PROJECT}/services/aiplatform.googleapis.com/consumerQuotaMetrics/"
    "aiplatform.googleapis.com%2F"
)
ACCOUNT = "gcp:serviceaccount/account:Account"
POOL = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"


def limit(metric: str, value: int, region: str = REGION) -> str:
    """Sets a quota as its owner does; the override's name."""
    path = f"{METRICS}{metric}/limits/%2Fproject%2Fregion/consumerOverrides"
    body = {"overrideValue": str(value), "dimensions": {"region": region}}
    return str(call("serviceusage", "POST", path, body=body)["response"]["name"])


@pytest.fixture
def switched() -> Iterator[str]:
    """An API that is off again afterwards."""
    api = "dataflow.googleapis.com"
    yield api
    call("serviceusage", "POST", f"/v1/projects/{PROJECT}/services/{api}:disable", body={})


def test_the_project_is_compared_with_the_settings(reached: RunningSandbox) -> None:
    assert statuses([*identity.check(case()), *billing.check(case())]) == {"OK"}
    (found,) = identity.check(case({"gcp.project_number": "999999999999"}))
    assert found.status is Status.FAIL
    assert "gcp.project_number' 123456789012" in found.remedy


def test_a_quota_below_what_up_needs_fails_and_the_service_refuses_with_the_same_metric(
    reached: RunningSandbox,
) -> None:
    wanted = case(
        {
            "gcp.region": REGION,
            "gcp.training.accelerator_type": "NVIDIA_TESLA_T4",
            "gcp.training.accelerator_count": 1,
            "gcp.training.replica_count": 2,
        }
    )
    assert statuses([*quotas.check(wanted)]) == {"OK"}
    limit("custom_model_training_cpus", 7)
    override = limit("custom_model_training_nvidia_t4_gpus", 2)
    found = only([*quotas.check(wanted)], Status.FAIL)
    assert "custom_model_training_cpus: 8 wanted, the limit is 7" in found.thing
    assert "ask for 8" in found.remedy
    spec = {
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "n1-standard-8"},
                "replicaCount": "1",
                "containerSpec": {"imageUri": "none", "command": ["none"]},
            }
        ]
    }
    path = f"/v1/projects/{PROJECT}/locations/{REGION}/customJobs"
    body = {"displayName": "doctor", "jobSpec": spec}
    with pytest.raises(ApiError, match="custom_model_training_cpus"):
        call("aiplatform", "POST", path, region=REGION, body=body)
    # A limit of one region says nothing of the others.
    assert statuses([*quotas.check(case({"gcp.region": "asia-east1"}))]) == {"OK"}
    call("serviceusage", "DELETE", f"/v1beta1/{override}")
    limit("custom_model_training_nvidia_t4_gpus", 0)
    failed = [one.thing for one in quotas.check(wanted) if one.status is Status.FAIL]
    assert any("nvidia_t4_gpus: 2 wanted, the limit is 0" in thing for thing in failed)


def test_apis_that_are_off_are_told_and_their_agents_come_with_them(
    reached: RunningSandbox, switched: str
) -> None:
    root = f"/v1/projects/{PROJECT}/services/{switched}"
    call("serviceusage", "POST", f"{root}:disable", body={})
    wanted = case(plan=[planned("gcp:projects/service:Service", "gcp", service=switched)])
    (found,) = apis.check(wanted)
    assert "1 of 1 APIs are off" in found.thing
    assert any("comes when" in one.thing and switched in one.thing for one in agents.check(wanted))
    call("serviceusage", "POST", f"{root}:enable", body={})
    (found,) = apis.check(wanted)
    assert "all 1 APIs are on" in found.thing
    assert any("has roles/dataflow.serviceAgent" in one.thing for one in agents.check(wanted))


def test_an_agent_without_its_role_is_a_warning_with_the_grant(
    reached: RunningSandbox, switched: str
) -> None:
    call("serviceusage", "POST", f"/v1/projects/{PROJECT}/services/{switched}:enable", body={})
    policy = f"/v1/projects/{PROJECT}"
    before = call("cloudresourcemanager", "POST", f"{policy}:getIamPolicy", body={})
    kept = [one for one in before["bindings"] if one["role"] != "roles/dataflow.serviceAgent"]
    try:
        _set(policy, {"bindings": kept})
        found = only([*agents.check(case())], Status.WARN)
        assert "--role=roles/dataflow.serviceAgent" in found.remedy
    finally:
        _set(policy, {"bindings": before["bindings"]})


def test_a_name_that_is_taken_or_deleted_lately_fails_and_the_stacks_own_does_not(
    reached: RunningSandbox,
) -> None:
    plan = [
        planned(ACCOUNT, "gcp", accountId="doctor-prep", project=PROJECT),
        planned(POOL, "gcp", workloadIdentityPoolId="doctor-pool", project=PROJECT),
        planned("gcp:kms/keyRing:KeyRing", "gcp", name="made-up", __defaults=["name"]),
    ]
    (found,) = names.check(case(plan=plan))
    assert found.thing.startswith("2 names")
    email = f"doctor-prep@{PROJECT}.iam.gserviceaccount.com"
    accounts = f"/v1/projects/{PROJECT}/serviceAccounts"
    call("iam", "POST", accounts, body={"accountId": "doctor-prep", "serviceAccount": {}})
    try:
        found = only([*names.check(case(plan=plan))], Status.FAIL)
        assert "Account doctor-prep exists already" in found.thing
        own = state_with(ACCOUNT, f"projects/{PROJECT}/serviceAccounts/{email}")
        assert statuses([*names.check(case(plan=plan, state=own))]) == {"OK"}
    finally:
        call("iam", "DELETE", f"{accounts}/{email}")
    pools = f"/v1/projects/{PROJECT}/locations/global/workloadIdentityPools"
    call("iam", "POST", pools, body={}, query={"workloadIdentityPoolId": "doctor-pool"})
    call("iam", "DELETE", f"{pools}/doctor-pool")
    found = only([*names.check(case(plan=plan))], Status.FAIL)
    assert "deleted less than 30 days ago" in found.thing
    assert "workload-identity-pools undelete doctor-pool" in found.remedy


def _set(policy: str, content: dict[str, Any]) -> None:
    call("cloudresourcemanager", "POST", f"{policy}:setIamPolicy", body={"policy": content})
