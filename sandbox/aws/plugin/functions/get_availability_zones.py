"""``aws:index/getAvailabilityZones:getAvailabilityZones``."""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.plugin.cloud import Cloud


def get_availability_zones(cloud: Cloud, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The zones of a region, in order of their names."""
    filters = [
        {"Name": item["name"], "Values": item["values"]} for item in arguments.get("filters") or ()
    ]
    state = arguments.get("state")
    if state:
        filters.append({"Name": "state", "Values": [state]})
    found = cloud.run("ec2", "describe_availability_zones", Filters=filters or None)
    refused_names = set(arguments.get("excludeNames") or ())
    refused_ids = set(arguments.get("excludeZoneIds") or ())
    zones = sorted(
        (zone["ZoneName"], zone["ZoneId"])
        for zone in found["AvailabilityZones"]
        if zone["ZoneName"] not in refused_names and zone["ZoneId"] not in refused_ids
    )
    return {
        **{key: value for key, value in arguments.items() if value is not None},
        "groupNames": [cloud.region],
        "id": cloud.region,
        "names": [name for name, _ in zones],
        "region": cloud.region,
        "zoneIds": [zone_id for _, zone_id in zones],
    }
