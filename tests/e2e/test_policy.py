"""The project's own stack keeps every mandatory rule, declared and as it stands in the state."""

import json

import pytest

from tests.e2e.project import Project
from tools import compliance

pytestmark = pytest.mark.e2e


def test_the_own_stack_passes_without_an_exemption(running: Project) -> None:
    ran = running.pulumi("preview", "--policy-pack", str(running.directory / "policy"))

    assert ran.status == 0, ran.text
    assert "[mandatory]" not in ran.text, ran.text
    assert compliance.write(running.stack) == 0
    summary = json.loads((running.directory / "compliance-local.json").read_text())["summary"]
    assert summary["pass"] > 400
    assert {kind: count for kind, count in summary.items() if count and kind != "pass"} == {}
