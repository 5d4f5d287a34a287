"""What a preview's event log says of resources."""

import json
from pathlib import Path
from typing import Any

from tools.cost import planned


def step(token: str, chain: str, name: str, **changes: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::trimaran::{chain}::{name}"
    new = {"type": token, "urn": urn, "custom": True, "inputs": {"region": "us-east-1"}}
    return {
        "resourcePreEvent": {
            "metadata": {"op": "create", "urn": urn, "type": token}
            | {"new": new | changes.pop("new", {})}
            | changes
        }
    }


def write(path: Path, *events: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


KEY = "aws:kms/key:Key"
IN_KEYS = f"trimaran:aws:Keys${KEY}"


def test_a_resource_belongs_to_its_outermost_component(tmp_path: Path) -> None:
    token = "azure-native:containerinstance:ContainerGroup"
    chain = f"trimaran:azure:Serving$trimaran:azure:WebService${token}"
    (found,) = planned.read(write(tmp_path / "log", step(token, chain, "web")))
    assert (found.cloud, found.component, found.name) == ("azure", "Serving", "web")
    assert found.region == "us-east-1"


def test_components_and_providers_are_no_resources(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log",
        step("trimaran:aws:Keys", "trimaran:aws:Keys", "x", new={"custom": False}),
        step("pulumi:providers:aws", "pulumi:providers:aws", "x"),
        step("trimaran:index:QualityGate", "trimaran:index:QualityGate", "x"),
        {"summaryEvent": {}},
    )
    assert planned.read(log) == []


def test_the_projects_own_resources_count_for_their_cloud(tmp_path: Path) -> None:
    token = "trimaran:gcp:Deployment"
    log = write(tmp_path / "log", step(token, f"trimaran:gcp:Serving${token}", "x"))
    assert [one.cloud for one in planned.read(log)] == ["gcp"]


def test_what_goes_is_not_paid_for_and_a_replacement_once(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log",
        step(KEY, IN_KEYS, "gone", op="delete", new={}),
        step(KEY, IN_KEYS, "stays", op="same"),
        step(KEY, IN_KEYS, "new", op="create-replacement"),
        step(KEY, IN_KEYS, "new", op="replace"),
        step(KEY, IN_KEYS, "new", op="delete-replaced"),
    )
    assert [one.name for one in planned.read(log)] == ["stays", "new"]


def test_a_preview_that_policies_refuse_is_complete_and_one_that_broke_off_is_not(
    tmp_path: Path,
) -> None:
    key = step(KEY, IN_KEYS, "x")
    assert not planned.is_complete(tmp_path / "none")
    assert not planned.is_complete(write(tmp_path / "log", key, {"summaryEvent": {}}))
    assert planned.is_complete(write(tmp_path / "log", key, {"policyAnalyzeStackSummaryEvent": {}}))
