"""What is asked of AWS."""

from functools import cache
from typing import Any


@cache
def client(service: str, region: str) -> Any:
    """A client that gives up soon: who asks is waiting."""
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=30
    )
    return boto3.Session(region_name=region).client(service, config=config)
