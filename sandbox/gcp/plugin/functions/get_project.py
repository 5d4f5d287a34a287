"""``gcp:organizations/getProject:getProject``."""

from collections.abc import Mapping
from typing import Any

from plugin.handler import ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud, GoogleError


def get_project(cloud: Cloud, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configured project, or the one that is asked for.

    Raises:
        ResourceFailedError: the cloud refuses.
    """
    project = str(arguments.get("projectId") or cloud.configuration.project)
    try:
        found = cloud.call("GET", f"/v1/projects/{project}")
        billing = cloud.call("GET", f"/v1/projects/{project}/billingInfo")
    except (GoogleError, OSError) as error:
        raise ResourceFailedError(f"reading project {project!r}: {error}") from error
    labels = found.get("labels") or {}
    return {
        "autoCreateNetwork": True,
        "billingAccount": str(billing.get("billingAccountName", "")).rpartition("/")[2],
        "deletionPolicy": "PREVENT",
        "effectiveLabels": labels,
        "folderId": "",
        "id": f"projects/{found['projectId']}",
        "labels": labels,
        "name": found.get("name", "").removeprefix("projects/") or found["projectId"],
        "number": str(found["projectNumber"]),
        "orgId": "",
        "projectId": found["projectId"],
        "pulumiLabels": labels,
        "tags": {},
    }
