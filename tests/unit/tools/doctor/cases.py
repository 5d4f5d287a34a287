"""Stacks for the pre-flight: stack `local` with some settings changed, and wanted resources."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from stacks.settings import Settings
from tools import paths
from tools.cost.planned import Planned
from tools.doctor.case import Case
from tools.doctor.finding import Finding, Status


def case(
    changes: Mapping[str, Any] | None = None,
    *,
    plan: Sequence[Planned] | None = (),
    state: Mapping[str, Any] | None = None,
    problem: str = "",
    stack: str = "local",
) -> Case:
    """Stack `local` with ``changes`` (dots between the parts of a key)."""
    content = yaml.safe_load((paths.PROJECT / "Pulumi.local.yaml").read_text())["config"]
    raw = {key.removeprefix("trimaran:"): value for key, value in content.items()}
    for key, value in (changes or {}).items():
        section = raw
        *parts, last = key.split(".")
        for part in parts:
            section = section.setdefault(part, {})
        section[last] = value
    settings = Settings.model_validate(raw)
    return Case(stack=stack, settings=settings, plan=plan, state=state, problem=problem)


def planned(token: str, cloud: str, **inputs: Any) -> Planned:
    """A wanted resource."""
    urn = f"urn:pulumi:local::trimaran::{token}::one"
    return Planned(type=token, urn=urn, cloud=cloud, component="Test", inputs=inputs)


def state_with(token: str, resource_id: str, **inputs: Any) -> dict[str, Any]:
    """A stack's state with one resource."""
    resource = {"urn": f"urn:pulumi:local::trimaran::{token}::one", "type": token}
    return {"deployment": {"resources": [{**resource, "id": resource_id, "inputs": inputs}]}}


def only(findings: Sequence[Finding], status: Status) -> Finding:
    """The one finding of a status; fails where there are none or several."""
    (found,) = (one for one in findings if one.status is status)
    return found


def statuses(findings: Sequence[Finding]) -> set[str]:
    """The statuses that occur."""
    return {str(one.status) for one in findings}
