"""A wire server and the provider over it, one for all tests of a worker."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws.clients import client
from sandbox.aws.plugin import serve
from tests.sandbox.plugin.stub import Engine


@pytest.fixture(scope="session")
def endpoint_url() -> Iterator[str]:
    """The URL of a fresh AWS."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="session")
def plugin_port(endpoint_url: str) -> Iterator[int]:
    """The port of the provider."""
    server, port = serve(0, endpoint_url)
    yield port
    server.stop(grace=None)


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
