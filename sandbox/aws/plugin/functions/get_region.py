"""``aws:index/getRegion:getRegion``."""

from collections.abc import Mapping
from typing import Any

from botocore.regions import EndpointResolver

from sandbox.aws.plugin.cloud import Cloud, dns_suffix_of


def get_region(cloud: Cloud, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configured region, or the one that is asked for by name."""
    region = str(arguments.get("name") or cloud.region)
    return {
        "description": _description(cloud, region),
        "endpoint": f"ec2.{region}.{dns_suffix_of(region)}",
        "id": region,
        "name": region,
        "region": region,
    }


def _description(cloud: Cloud, region: str) -> str:
    data = cloud.client("sts")._loader.load_data("endpoints")  # noqa: SLF001
    resolver = EndpointResolver(data)
    partition = resolver.get_partition_for_region(region)
    for entry in data["partitions"]:
        if entry["partition"] == partition and region in entry["regions"]:
            return str(entry["regions"][region]["description"])
    return region
