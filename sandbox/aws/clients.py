"""boto3 clients that talk to this sandbox, and the environment that makes any SDK do so."""

import functools
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

ACCESS_KEY = "sandbox-access-key"
# The sandbox checks no signatures.
SECRET_KEY = "sandbox-not-a-secret"  # noqa: S105 # pragma: allowlist secret

_creating = threading.Lock()


def client(endpoint_url: str, service: str, region: str) -> Any:
    """A cached boto3 client of ``service`` for the sandbox at ``endpoint_url``."""
    with _creating:
        return _client(endpoint_url, service, region)


@functools.cache
def loader() -> Loader:
    """What reads botocore's descriptions of services; shared, for it keeps what it has read."""
    return create_loader()


@functools.cache
def _session(region: str) -> boto3.Session:
    # One session for all clients: each new one would read the list of all endpoints again.
    core = botocore.session.Session()
    core.register_component("data_loader", loader())
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=region,
    )


@functools.cache
def _client(endpoint_url: str, service: str, region: str) -> Any:
    return _session(region).client(
        service,
        endpoint_url=endpoint_url,
        config=Config(
            max_pool_connections=32,
            retries={"total_max_attempts": 2},
            # Bodies stay whole on loopback; checksums would only cost time.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
        ),
    )


def sdk_environment(endpoint_url: str, region: str) -> dict[str, str]:
    """Environment variables that point every AWS SDK at the sandbox; no real credentials."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
