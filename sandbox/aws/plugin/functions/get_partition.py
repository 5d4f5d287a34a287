"""``aws:index/getPartition:getPartition``."""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.plugin.cloud import Cloud, dns_suffix_of


def get_partition(cloud: Cloud, _: Mapping[str, Any]) -> Mapping[str, Any]:
    """The partition of the configured region."""
    suffix = dns_suffix_of(cloud.region)
    return {
        "dnsSuffix": suffix,
        "id": cloud.partition,
        "partition": cloud.partition,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }
