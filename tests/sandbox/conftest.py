"""A sandbox for the tests: started once, on free ports, in a directory that goes away."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.running import RunningSandbox

pytest.register_assert_rewrite("tests.sandbox.plugin.every_token")

STUB_SERVER = Path(__file__).with_name("stub_server.py")
SERVING_IMAGE = "registry.test/serving"


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A running sandbox shared by all tests: use names of your own in it.

    Models without ``code/`` are served by ``stub_server.py``, others by model_code's server.
    A minute of waiting lasts two seconds.
    """
    settings = {
        "SANDBOX_SERVE_PROGRAM": str(STUB_SERVER),
        "SANDBOX_IMAGES": f"{SERVING_IMAGE}={STUB_SERVER.parent / 'azure_plugin/serving_image'}",
        "SANDBOX_MINUTE_SECONDS": "2",
        "SANDBOX_ALARM_SECONDS": "0.5",
        "SANDBOX_SCALING_SECONDS": "0.5",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SANDBOX_")]:
            patch.delenv(name)
        for name, value in settings.items():
            patch.setenv(name, value)
        running = RunningSandbox(tmp_path_factory.mktemp("sandbox") / "state")
        running.start()
        try:
            yield running
        finally:
            running.stop()
    left = running.processes()
    assert not left, f"the sandbox left processes behind: {left}"


@pytest.fixture
def own_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSandbox]:
    """A sandbox of one test's own, not started yet: for stopping, killing and damaging."""
    monkeypatch.setenv("SANDBOX_SERVE_PROGRAM", str(STUB_SERVER))
    monkeypatch.setenv("SANDBOX_PLUGINS", "off")
    running = RunningSandbox(tmp_path / "state")
    yield running
    running.stop()
    left = running.processes()
    assert not left, f"the sandbox left processes behind: {left}"


@pytest.fixture
def live(engine: Any, world: Any, request: pytest.FixtureRequest) -> Iterator[tuple[Any, ...]]:
    """A created resource with its case and inputs, deleted at the end whatever happens.

    For tests of an imitated provider, whose engine and world they are.
    """
    case = request.param
    inputs = dict(case.inputs(world))
    created = engine.create(case.token, "case", inputs)
    yield created, case, inputs
    engine.delete(created)
