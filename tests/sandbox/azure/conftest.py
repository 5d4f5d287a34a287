"""Azure's official clients, unmodified, pointed at the tests' sandbox."""

from collections.abc import Iterator

import pytest

from tests.sandbox.azure.manager import Manager
from tests.sandbox.running import RunningSandbox


@pytest.fixture
def azure_environment(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of ``python -m sandbox env``, in this process."""
    variables = sandbox.environment
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture(scope="session")
def manager(sandbox: RunningSandbox) -> Iterator[Manager]:
    """Resource Manager, as a plain client sees it."""
    with Manager(sandbox.environment) as found:
        yield found
