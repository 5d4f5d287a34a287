"""The gcp provider over the tests' sandbox, one for all tests of a worker."""

from collections.abc import Iterator

import pytest

from plugin import Context
from sandbox.gcp.plugin import serve
from sandbox.gcp.plugin.cloud import Cloud, Configuration
from tests.sandbox.gcp_plugin.world import PROJECT, World
from tests.sandbox.plugin.stub import Engine
from tests.sandbox.running import RunningSandbox


@pytest.fixture(scope="session")
def endpoint_url(sandbox: RunningSandbox) -> str:
    """The URL of the sandbox's Google APIs."""
    return f"http://127.0.0.1:{sandbox.ready.ports['gcp']}"


@pytest.fixture(scope="session")
def plugin_port(endpoint_url: str) -> Iterator[int]:
    """The port of the provider, served in this process."""
    server, port = serve(0, endpoint_url)
    yield port
    server.stop(grace=None).wait()


@pytest.fixture(scope="session")
def engine(plugin_port: int) -> Iterator[Engine]:
    """The protocol, for a project of the tests' own."""
    driver = Engine(plugin_port, project=PROJECT, region="europe-west4")
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def google(endpoint_url: str) -> Cloud:
    """The same APIs, to look and to meddle."""
    return Cloud(endpoint_url, Configuration(project=PROJECT), Context())


@pytest.fixture(scope="session")
def world(google: Cloud) -> World:
    """Things for resources to refer to."""
    return World(google)
