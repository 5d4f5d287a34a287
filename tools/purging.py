"""Purges what Azure deleted softly, where it lets one: the workspaces of Azure ML.

A vault with purge protection, which a storage account's key must be in, stays for its days.
https://learn.microsoft.com/rest/api/azureml/workspaces/delete
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

WORKSPACE: Final = "azure-native:machinelearningservices:Workspace"


def purge(exported: Mapping[str, Any]) -> set[str]:
    """Purges the workspaces of a stack that was destroyed; returns the ids of those.

    exported: the stack's state from before, as `pulumi stack export` gives it. Accounts and
    addresses are those of `os.environ`. What cannot be purged is said and stays for 14 days.
    """
    resources = (exported.get("deployment") or {}).get("resources") or []
    places = [one["id"] for one in resources if one["type"] == WORKSPACE and "id" in one]
    return {place for place in places if _purged(place)}


def _purged(place: str) -> bool:
    from azure.core.exceptions import AzureError
    from requests import RequestException

    from components.azure.runs.cloud import send
    from components.azure.runs.errors import ApiError

    try:
        send("DELETE", place, query={"forceToPurge": "true"})
    except (ApiError, AzureError, RequestException) as error:
        print(f"{place.rpartition('/')[2]} was not purged: {error}", file=sys.stderr)
        return False
    return True
