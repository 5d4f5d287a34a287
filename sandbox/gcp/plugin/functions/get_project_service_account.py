"""``gcp:storage/getProjectServiceAccount:getProjectServiceAccount``."""

from collections.abc import Mapping
from typing import Any

from plugin.handler import ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud, GoogleError


def get_project_service_account(cloud: Cloud, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The agent that Cloud Storage encrypts with a project's keys as.

    Raises:
        ResourceFailedError: the cloud refuses.
    """
    project = str(arguments.get("project") or cloud.configuration.project)
    try:
        found = cloud.call("GET", f"/storage/v1/projects/{project}/serviceAccount")
    except (GoogleError, OSError) as error:
        raise ResourceFailedError(
            f"reading Cloud Storage's agent of {project!r}: {error}"
        ) from error
    email = str(found["email_address"])
    return {
        "emailAddress": email,
        "id": email,
        "member": f"serviceAccount:{email}",
        "project": project,
        "userProject": arguments.get("userProject"),
    }
