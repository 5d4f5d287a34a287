"""The azure-native provider over the tests' sandbox, one for all tests of a worker."""

from collections.abc import Iterator

import pytest

from plugin import Context
from sandbox.azure.plugin import serve
from sandbox.azure.plugin.cloud import Cloud, Endpoint
from tests.sandbox.azure_plugin.world import LOCATION, World
from tests.sandbox.plugin.stub import Engine
from tests.sandbox.running import RunningSandbox


@pytest.fixture(scope="session")
def plugin_port(sandbox: RunningSandbox) -> Iterator[int]:
    """The port of the provider, served in this process."""
    server, port = serve(0, sandbox.environment)
    yield port
    server.stop(grace=None).wait()


@pytest.fixture(scope="session")
def engine(plugin_port: int) -> Iterator[Engine]:
    """The protocol, for a program that says its location once."""
    driver = Engine(plugin_port, location=LOCATION)
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
