"""The azure-native provider over the tests' sandbox, one for all tests of a worker."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from plugin import Context
from sandbox.azure.ml.jobs import FINAL
from sandbox.azure.plugin import serve
from sandbox.azure.plugin.cloud import Cloud, Endpoint
from tests.sandbox.azure_plugin.world import LOCATION, World
from tests.sandbox.plugin.stub import Engine, Live
from tests.sandbox.running import RunningSandbox, eventually


@pytest.fixture(scope="session")
def plugin_port(sandbox: RunningSandbox) -> Iterator[int]:
    """The port of the provider, served in this process."""
    server, port = serve(0, sandbox.environment)
    yield port
    server.stop(grace=None).wait()


class PatientEngine(Engine):
    """Gives a job back when it has ended: until then it changes by itself and stays."""

    def create(self, token: str, name: str, new: Mapping[str, Any]) -> Live:
        made = super().create(token, name, new)
        if token == "azure-native:machinelearningservices:Job":
            made = eventually(lambda: self._ended(made), 120)
        return made

    def _ended(self, job: Live) -> Live | None:
        found = self.read(job)
        assert found is not None
        return found if found.outputs["properties"]["status"] in FINAL else None


@pytest.fixture(scope="session")
def engine(plugin_port: int) -> Iterator[Engine]:
    """The protocol, for a program that says its location once."""
    driver = PatientEngine(plugin_port, location=LOCATION)
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def azure(sandbox: RunningSandbox) -> Cloud:
    """The same Resource Manager, to look and to meddle."""
    return Cloud(Endpoint(sandbox.environment), Context())


@pytest.fixture(scope="session")
def world(azure: Cloud) -> World:
    """Things for resources to refer to."""
    return World(azure)
