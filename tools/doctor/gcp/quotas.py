"""Vertex AI's quotas of the machines that the stack asks for."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalogue.quotas import VERTEX, of_vertex
from components.gcp.runs.cloud import ApiError, call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, warn
from tools.doctor.quota import judged
from tools.doctor.wanted import of_gcp

_REGIONAL = "1/{project}/{region}"


def check(case: Case) -> Iterator[Finding]:
    """Each metric against what is wanted of it."""
    project, region = case.gcp.project_id, case.gcp.region
    place = f"project {project}, {region}"
    for machines in of_gcp(case.settings):
        chip = machines.accelerator
        parts = (chip.type, chip.count) if chip else ("", 0)
        for metric, amount in of_vertex(machines.type, machines.use, *parts):
            limit = _limit(project, region, metric)
            if limit is None:
                text = f"no quota {metric.rpartition('/')[2]} is told of {region}"
                yield warn(text, place, "look in the console: IAM & Admin > Quotas")
                continue
            yield judged(
                metric.rpartition("/")[2],
                limit,
                amount * machines.least,
                amount * machines.most,
                place=place,
                remedy=lambda count, setting=machines.setting: (  # type: ignore[misc]
                    f"ask for {count} (console: IAM & Admin > Quotas), or choose another {setting}"
                ),
            )


def _limit(project: str, region: str, metric: str) -> int | None:
    """What may be used at once in a region; below 0 unlimited, None where the API tells nothing.

    https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics
    """
    name = metric.replace("/", "%2F")
    path = f"/v1beta1/projects/{project}/services/{VERTEX}/consumerQuotaMetrics/{name}"
    try:
        found = call("serviceusage", "GET", path, query={"view": "FULL"})
    except ApiError as error:
        if error.status == 404:
            return None
        raise
    limits = found.get("consumerQuotaLimits", [])
    return next((_of_region(one, region) for one in limits if one["unit"] == _REGIONAL), None)


def _of_region(limit: Mapping[str, Any], region: str) -> int | None:
    everywhere = None
    for bucket in limit.get("quotaBuckets", []):
        dimensions = bucket.get("dimensions") or {}
        # Zero is left out of JSON.
        value = int(bucket.get("effectiveLimit", 0))
        if dimensions == {"region": region}:
            return value
        if not dimensions:
            everywhere = value
    return everywhere
