"""The pre-flight's own clients, which are the clouds' official ones, on the tests' sandbox."""

from collections.abc import Iterator

import pytest

from components.azure.runs.cloud import forget_clients
from components.gcp.runs.cloud import forget_session
from tests.sandbox.running import RunningSandbox
from tools.doctor.aws import client


def _forget() -> None:
    client.cache_clear()
    forget_session()
    forget_clients()


@pytest.fixture
def reached(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSandbox]:
    """The shared sandbox, which the checks reach by their environment."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield sandbox
    _forget()
