"""``gcp:storage/getTransferProjectServiceAccount:getTransferProjectServiceAccount``."""

from collections.abc import Mapping
from typing import Any

from plugin.handler import ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud, GoogleError


def get_transfer_project_service_account(
    cloud: Cloud, arguments: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The agent of Storage Transfer; other clouds trust it by its ``subjectId``.

    Raises:
        ResourceFailedError: the cloud refuses.
    """
    project = str(arguments.get("project") or cloud.configuration.project)
    try:
        found = cloud.call("GET", f"/v1/googleServiceAccounts/{project}")
    except (GoogleError, OSError) as error:
        raise ResourceFailedError(
            f"reading Storage Transfer's agent of {project!r}: {error}"
        ) from error
    email = str(found["accountEmail"])
    return {
        "email": email,
        "id": email,
        "member": f"serviceAccount:{email}",
        "project": project,
        "subjectId": str(found["subjectId"]),
    }
