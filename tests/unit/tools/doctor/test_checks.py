"""What the pre-flight says without asking any cloud."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalogue import regions
from tests.unit.tools.doctor.cases import case, only, planned, statuses
from tools.cost.prices import Prices
from tools.doctor import wanted
from tools.doctor.case import Case
from tools.doctor.checks import budget, machines, placeholders, region, state
from tools.doctor.finding import Finding, Status, ok
from tools.doctor.quota import judged
from tools.doctor.run import Result, worst
from tools.doctor.show import as_json


@pytest.mark.parametrize(
    ("cloud", "changes", "key"),
    [
        ("aws", {"aws.account_id": "000000000000"}, "aws.account_id' ACCOUNT_ID -s local"),
        ("gcp", {"gcp.project_id": "placeholder-project"}, "gcp.project_id' PROJECT_ID"),
        (
            "azure",
            {"azure.subscription_id": "00000000-0000-0000-0000-000000000000"},
            "azure.subscription_id' SUBSCRIPTION_ID",
        ),
    ],
)
def test_a_placeholder_fails_with_the_command_that_sets_it(
    cloud: str, changes: dict[str, str], key: str
) -> None:
    assert statuses([*placeholders.check(case(), cloud)]) == {"OK"}
    found = only([*placeholders.check(case(changes), cloud)], Status.FAIL)
    assert key in found.remedy
    (other,) = {"aws", "gcp", "azure"} - {cloud, "azure" if cloud != "azure" else "gcp"}
    assert statuses([*placeholders.check(case(changes), other)]) == {"OK"}


def test_a_region_without_the_services_is_told_with_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert statuses([*region.check(case(), "aws"), *region.check(case(), "gcp")]) == {"OK"}
    found = only([*region.check(case({"gcp.region": "us-nowhere1"}), "gcp")], Status.FAIL)
    assert any(name in found.remedy for name in regions("gcp"))
    monkeypatch.setattr(region, "_AWS", ("s3", "nowhere-yet"))
    found = only([*region.check(case(), "aws")], Status.WARN)
    assert "us-east-1 has no nowhere-yet" in found.thing


def test_types_that_are_old_or_without_a_price_are_warnings() -> None:
    found = only([*machines.check(case(), "aws")], Status.WARN)
    assert "ml.m4.xlarge" in found.thing
    assert found.remedy.startswith("ml.m5.large")
    new = {"aws.serving.instance_type": "ml.m5.large"}
    assert statuses([*machines.check(case(new), "aws")]) == {"OK"}
    assert statuses([*machines.check(case(), "gcp"), *machines.check(case(), "azure")]) == {"OK"}


def endpoint(stack: str, usd: float) -> Case:
    variant = {"variantName": "all", "initialInstanceCount": 1, "instanceType": "ml.m5.large"}
    plan = [
        planned(
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            "aws",
            productionVariants=[variant],
        )
    ]
    return case({"aws.spend.monthly_usd": usd}, plan=plan, stack=stack)


def test_the_price_above_the_budget_fails_but_in_the_sandbox_which_charges_nothing() -> None:
    (fits,) = budget.check(endpoint("dev", 100), "aws", Prices())
    assert (fits.status, fits.thing) == (Status.OK, "83.95 USD a month of 100.00")
    (over,) = budget.check(endpoint("dev", 50), "aws", Prices())
    assert over.status is Status.FAIL
    assert "33.95 above the budget aws.spend.monthly_usd" in over.thing
    assert statuses([*budget.check(endpoint("local", 50), "aws", Prices())]) == {"WARN"}
    assert statuses([*budget.check(case(plan=None), "aws", Prices())]) == {"WARN"}


def test_what_a_killed_run_left_is_told(tmp_path: Path) -> None:
    (new,) = state.check(case())
    assert (new.status, new.thing) == (Status.OK, "a new stack")
    begun: dict[str, Any] = {
        "deployment": {
            "resources": [],
            "pending_operations": [
                {"type": "creating", "resource": {"urn": "urn:pulumi:dev::t::a:b/c:D::data"}}
            ],
        }
    }
    (found,) = state.check(case(state=begun, stack="dev"))
    assert found.status is Status.FAIL
    assert "data" in found.thing
    assert "pulumi refresh -s dev" in found.remedy
    lock = tmp_path / ".pulumi" / "locks" / "organization" / "lock.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    base = case(state=begun)
    local = Case(stack="local", settings=base.settings, plan=(), state=begun, backend=tmp_path)
    assert [one.status for one in state.check(local)] == [Status.WARN, Status.WARN]
    (unread,) = state.check(case(problem="no login"))
    assert (unread.status, "no login" in unread.thing) == (Status.WARN, True)


@pytest.mark.parametrize(
    ("limit", "used", "status"),
    [(-1, 0, "OK"), (1, 0, "FAIL"), (2, 0, "WARN"), (4, 3, "WARN"), (4, 0, "OK")],
)
def test_a_quota_is_judged_by_what_up_and_what_scaling_out_need(
    limit: int, used: int, status: str
) -> None:
    found = judged(
        "cpus", limit, 2, 4, place="here", used=used, remedy=lambda count: f"ask for {count}"
    )
    assert found.status == status
    assert found.remedy.endswith({"OK": "", "FAIL": "4", "WARN": str(used + 4)}[status])


def test_what_is_wanted_follows_the_settings() -> None:
    serverless = {
        "aws.serving.serverless": {"memory_mb": 2048},
        "aws.serving.autoscaling": None,
        "aws.serving.capture_percent": 0,
    }
    assert [one.use for one in wanted.of_aws(case(serverless).settings)] == ["training"]
    (training, serving) = wanted.of_gcp(case().settings)
    # Vertex AI counts the most replicas as soon as they may be.
    assert (training.least, serving.least, serving.most) == (1, 3, 6)
    (cluster, endpoint) = wanted.of_azure(case().settings)
    assert (cluster.least, cluster.most, endpoint.least, endpoint.most) == (1, 2, 1, 6)


def test_findings_as_json_have_everything_and_the_worst_decides() -> None:
    bad = Finding(status=Status.FAIL, thing="t", place="p", remedy="r")
    results = [
        Result(cloud="stack", check="state", finding=ok("fine", "here")),
        Result(cloud="aws", check="quotas", finding=bad),
    ]
    content = json.loads(as_json("dev", results))
    assert content["stack"] == "dev"
    assert content["findings"][1] == {
        "cloud": "aws",
        "check": "quotas",
        "status": "FAIL",
        "thing": "t",
        "place": "p",
        "remedy": "r",
    }
    assert worst(results) is Status.FAIL
    assert worst(results[:1]) is Status.OK
