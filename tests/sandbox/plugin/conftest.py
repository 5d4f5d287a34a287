"""The provider over the tests' sandbox, one for all tests of a worker."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws.clients import client
from sandbox.aws.plugin import serve
from tests.sandbox.plugin.stub import Engine
from tests.sandbox.plugin.world import World
from tests.sandbox.running import RunningSandbox


@pytest.fixture(scope="session")
def endpoint_url(sandbox: RunningSandbox) -> str:
    """The URL of the sandbox's AWS."""
    return sandbox.environment["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="session")
def plugin_port(endpoint_url: str) -> Iterator[int]:
    """The port of the provider, served in this process."""
    server, port = serve(0, endpoint_url)
    yield port
    server.stop(grace=None).wait()


@pytest.fixture(scope="session")
def engine(plugin_port: int) -> Iterator[Engine]:
    """The protocol, for region us-east-1."""
    driver = Engine(plugin_port)
    yield driver
    driver.close()


@pytest.fixture(scope="session")
def boto(endpoint_url: str) -> Any:
    """``boto("s3")``: a client of the same AWS, to look and to meddle."""

    def make(service: str, region: str = "us-east-1") -> Any:
        return client(endpoint_url, service, region)

    return make


@pytest.fixture(scope="session")
def world(boto: Any) -> World:
    """Things for resources to refer to."""
    return World(boto)
