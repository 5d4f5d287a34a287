"""Fixtures of the tests on AWS."""

import pytest

from tests.sandbox.aws.lake import Lake
from tests.sandbox.running import RunningSandbox


@pytest.fixture
def lake(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake of the test's own; SDKs started by the test reach its sandbox."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    return Lake(sandbox)
